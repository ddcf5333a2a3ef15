"use strict";
// The image stays in the page and is sent with each question: the server keeps none.
const at = (id) => document.getElementById(id);
const newest = {};
let image = null;

async function ask(what, text) {
  const number = (newest[what] = (newest[what] || 0) + 1);
  const place = at(what);
  const show = (html) => { if (number === newest[what]) { place.removeAttribute("aria-busy"); place.innerHTML = html; } };
  place.setAttribute("aria-busy", "true");
  try {
    const said = await fetch(`${what}?text=${encodeURIComponent(text)}`, {
      method: "POST", body: image, headers: { "Content-Type": "application/octet-stream" },
    });
    show(await said.text());
  } catch {
    show('<p class="error" role="alert">No answer: the file is too large, or m3ae demo has ended.</p>');
  }
}

function choose(file) {
  if (!file) return;
  image = file;
  URL.revokeObjectURL(at("shown").src);
  at("shown").src = URL.createObjectURL(file);
  at("shown").onload = () => { at("shown").hidden = false; at("hint").hidden = true; };
  at("shown").onerror = () => { at("shown").hidden = true; at("hint").hidden = false; at("hint").firstChild.textContent = file.name; };
  if (at("text").value.trim()) ask("answer", at("text").value);
  ask("reconstruct", at("ratio").value);
  ask("captions", "");
}

at("file").addEventListener("change", () => choose(at("file").files[0]));
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
at("drop").addEventListener("dragover", () => at("drop").classList.add("over"));
at("drop").addEventListener("dragleave", () => at("drop").classList.remove("over"));
document.addEventListener("drop", (event) => { at("drop").classList.remove("over"); choose(event.dataTransfer.files[0]); });
at("question").addEventListener("submit", (event) => {
  event.preventDefault();
  if (image) ask("answer", at("text").value);
  else at("file").focus();
});
at("ratio").addEventListener("input", () => { at("share").value = `${Math.round(100 * at("ratio").value)}%`; });
at("ratio").addEventListener("change", () => { if (image) ask("reconstruct", at("ratio").value); });
