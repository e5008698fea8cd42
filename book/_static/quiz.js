// Tells the reader at once whether a choice is right, and why. No library, no request.
"use strict";

document.addEventListener("change", (event) => {
  const choice = event.target;
  const quiz = choice.closest?.("fieldset.quiz");
  if (!quiz) return;
  const right = choice.dataset.right === "true";
  const feedback = quiz.querySelector(".quiz-feedback");
  // The explanation was escaped when the book was built; it holds text and <code> only.
  feedback.innerHTML = `<strong>${right ? "Right." : "Not quite."}</strong> ${choice.dataset.why}`;
  feedback.dataset.right = choice.dataset.right;
});
