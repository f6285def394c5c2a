// Without this script the page can be read; with it tables are sorted by their headings, tables and lists filtered by text, and
// figures shown at full size.
"use strict";

const made = (name, properties) => Object.assign(document.createElement(name), properties);

function sortable(table) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const numeric = (head) => !head.classList.contains("words");
  const key = (row, column) => row.cells[column].textContent.trim();
  const compare = (a, b, head) => (numeric(head) ? parseFloat(a) - parseFloat(b) : a.localeCompare(b, "en", { numeric: true }));
  const missing = (text, head) => (numeric(head) ? Number.isNaN(parseFloat(text)) : text === "");
  heads.forEach((head, column) => {
    const button = made("button", { type: "button", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((one, other) => {
        const [a, b] = [key(one, column), key(other, column)];
        const [noA, noB] = [missing(a, head), missing(b, head)];
        if (noA || noB) return noA - noB; // what is missing stands last in both directions
        return (down ? -1 : 1) * compare(a, b, head);
      });
      body.append(...rows);
    });
  });
}

function filterable(items, before) {
  const input = made("input", { type: "search" }), count = made("output", {});
  const label = made("label", { className: "filter", textContent: "Show only what contains: " });
  label.append(input, " ", count);
  before.before(label);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    items.forEach((item) => (item.hidden = !item.textContent.toLowerCase().includes(wanted)));
    count.textContent = wanted ? `${items.filter((item) => !item.hidden).length} of ${items.length}` : "";
  });
}

for (const table of document.querySelectorAll("table")) {
  sortable(table);
  if (table.tBodies[0].rows.length > 5 || table.closest("#networks")) filterable([...table.tBodies[0].rows], table.closest(".scroll"));
}
for (const list of document.querySelectorAll(".list")) {
  if (list.children.length > 5) filterable([...list.children], list);
}
for (const figure of document.querySelectorAll("figure.picture")) {
  const button = made("button", { type: "button", textContent: "Full size", ariaPressed: "false" });
  figure.querySelector("figcaption").append(" ", button);
  button.addEventListener("click", () => (button.ariaPressed = String(figure.classList.toggle("full"))));
}
