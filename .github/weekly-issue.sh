#!/usr/bin/env bash
# One issue while the weekly run fails: opened by the first failure, told of the next ones, closed
# by the first run in which all is well. The results of the jobs come in variables.
set -euo pipefail
title="The weekly run fails"

said="" failed=""
for job in tests native windows newest links; do
  said+="- $job: ${!job}"$'\n'
  [ "${!job}" = success ] || failed=yes
done
said+=$'\n'"$RUN_URL"

# By its whole title, and opened by this workflow: nobody else's issue is touched.
number=$(gh issue list --state open --author app/github-actions --search "in:title $title" \
  --json number,title --jq "[.[] | select(.title == \"$title\")][0].number // empty")

if [ -n "$failed" ] && [ -n "$number" ]; then
  gh issue comment "$number" --body "$said"
elif [ -n "$failed" ]; then
  gh issue create --title "$title" --body "$said"
elif [ -n "$number" ]; then
  gh issue close "$number" --comment "All is well again."$'\n\n'"$said"
fi
