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

// Paper cannot answer at once: the answers stand at the end of the page while it prints.
addEventListener("beforeprint", () => {
  for (const article of document.querySelectorAll("article")) {
    const right = article.querySelectorAll('fieldset.quiz input[data-right="true"]');
    if (!right.length) continue;
    const answers = Object.assign(document.createElement("section"), { className: "quiz-answers" });
    const list = document.createElement("ol");
    for (const choice of right) {
      const item = document.createElement("li");
      const said = document.createElement("span");
      said.append(...choice.parentElement.querySelector(".quiz-said").cloneNode(true).childNodes);
      said.querySelector("strong").remove();
      item.append(choice.nextElementSibling.cloneNode(true), ".", said);
      list.append(item);
    }
    answers.append(Object.assign(document.createElement("h2"), { textContent: "Answers to the quizzes" }), list);
    article.append(answers);
  }
});
addEventListener("afterprint", () => document.querySelectorAll(".quiz-answers").forEach((answers) => answers.remove()));
