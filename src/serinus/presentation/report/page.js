"use strict";
const night = matchMedia("(prefers-color-scheme: dark)");
const ink = (dark) => ({ "font.color": dark ? "#e8e6e1" : "#1f2328" });
const drawn = [...document.querySelectorAll(".picture")].map((place) => {
  const figure = JSON.parse(place.nextElementSibling.textContent);
  Plotly.newPlot(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  return place;
});
const paint = (dark) => drawn.forEach((place) => Plotly.relayout(place, ink(dark)));
paint(night.matches);
night.addEventListener("change", () => paint(night.matches));
addEventListener("beforeprint", () => { paint(false); drawn.forEach((place) => Plotly.Plots.resize(place)); });
addEventListener("afterprint", () => paint(night.matches));
