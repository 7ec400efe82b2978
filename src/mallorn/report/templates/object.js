"use strict";
(() => {
  const buttons = [...document.querySelectorAll("button[data-band]")];
  const show = (button, on) => {
    button.setAttribute("aria-pressed", String(on));
    for (const part of document.querySelectorAll(`[id^="band-${button.dataset.band}-"]`)) part.style.display = on ? "" : "none";
  };
  for (const button of buttons) button.addEventListener("click", () => show(button, button.getAttribute("aria-pressed") !== "true"));
  document.getElementById("all").addEventListener("click", () => buttons.forEach(button => show(button, true)));
  document.addEventListener("keydown", event => {
    if (event.target.matches("input,select,textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
    const link = document.getElementById({ArrowLeft: "before", ArrowRight: "after"}[event.key]);
    if (link) link.click();
  });
})();
