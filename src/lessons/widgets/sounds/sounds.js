// Shows and plays the chosen sound, and moves a line over its picture. No library, no request.
"use strict";

document.addEventListener("change", (event) => {
  const choice = event.target;
  const figure = choice.closest?.("figure.sounds");
  if (!figure || choice.type !== "radio") return;
  figure.querySelectorAll(".sounds-one").forEach((one, i) => {
    const wanted = i === Number(choice.value);
    one.hidden = !wanted;
    const audio = one.querySelector("audio");
    if (!wanted) {
      audio.pause();
      return;
    }
    audio.currentTime = 0;
    audio.play().catch(() => {}); // the browser may want a click on the player first
  });
});

// A player's events do not bubble: listen on the way down.
document.addEventListener("play", (event) => {
  const one = event.target.closest?.(".sounds-one");
  if (!one) return;
  for (const other of document.querySelectorAll("figure.sounds audio"))
    if (other !== event.target) other.pause();
  const line = one.querySelector(".sounds-now");
  if (!line) return;
  const width = line.ownerSVGElement.viewBox.baseVal.width;
  const follow = () => {
    line.style.transform = `translateX(${(event.target.currentTime / one.dataset.seconds) * width}px)`;
    if (!event.target.paused) requestAnimationFrame(follow);
  };
  follow();
}, true);
