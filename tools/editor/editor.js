// Opens CodeMirror in a page, in place of a plain text field. cells.js imports this on the first
// "Edit"; where it does not come, the text field stays. The build rewrites the names of packages.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";

// The few colours that printed code has: cells.css gives them.
const LOOK = tagHighlighter([
  { tag: [tags.keyword, tags.bool, tags.null, tags.self], class: "cm-keyword" },
  { tag: [tags.string, tags.special(tags.string)], class: "cm-string" },
  { tag: [tags.definition(tags.function(tags.variableName)), tags.definition(tags.className)], class: "cm-definition" },
  { tag: tags.comment, class: "cm-comment" },
]);

// Tab indents; after Esc it leaves the editor, as everywhere else on the page.
const leaving = EditorView.domEventHandlers({
  keydown(event, view) {
    if (event.key === "Escape") view.setTabFocusMode(true);
    else if (!["Tab", "Shift"].includes(event.key)) view.setTabFocusMode(false);
  },
  blur(event, view) {
    view.setTabFocusMode(false);
  },
});

export function open({ text, from, to, label, described, onText, onRun }) {
  const runs = (key) => ({ key, run: () => (onRun(), true) });
  return new EditorView({
    doc: text,
    selection: { anchor: from, head: to },
    extensions: [
      leaving,
      keymap.of([runs("Shift-Enter"), runs("Mod-Enter"), ...historyKeymap, indentWithTab, ...defaultKeymap]),
      history(),
      drawSelection(),
      indentOnInput(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      bracketMatching(),
      python(),
      syntaxHighlighting(LOOK),
      EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": described }),
      EditorView.updateListener.of((update) => update.docChanged && onText(update.state.doc.toString())),
    ],
  });
}
