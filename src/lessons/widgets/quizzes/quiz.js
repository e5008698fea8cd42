// Tells the reader at once whether a choice is right, and why. No library, no request.
"use strict";

document.addEventListener("change", (event) => {
  const choice = event.target;
  const quiz = choice.closest?.("fieldset.quiz");
  if (!quiz) return;
  const right = choice.dataset.right === "true";
  const feedback = quiz.querySelector(".quiz-feedback");
  const said = choice.parentElement.querySelector(".quiz-said");
  feedback.replaceChildren(...said.cloneNode(true).childNodes);
  feedback.dataset.right = choice.dataset.right;
  quiz.querySelector(".quiz-reset").hidden = false;
  const detail = { kind: "quizzes", name: quiz.dataset.name, value: right ? "right" : "wrong" };
  document.dispatchEvent(new CustomEvent("lessons:done", { detail })); // the first one counts
});

document.addEventListener("click", (event) => {
  const reset = event.target.closest?.("fieldset.quiz .quiz-reset");
  if (!reset) return;
  const quiz = reset.closest("fieldset.quiz");
  const choices = quiz.querySelectorAll("input");
  for (const choice of choices) choice.checked = false;
  const feedback = quiz.querySelector(".quiz-feedback");
  feedback.textContent = "";
  delete feedback.dataset.right;
  choices[0].focus(); // the button is about to go: keep the place of a keyboard reader
  reset.hidden = true;
});
