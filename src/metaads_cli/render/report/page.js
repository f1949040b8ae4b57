"use strict";

// Charts: the drawings that are in the page give way to live ones, unless something is in the way.
(() => {
  const tooltip = {
    disableDefaultStyle: true,
    formatTooltip(value, sanitize) {
      const { title, more, ...rest } = value;
      const lines = Object.entries(rest).filter(([, text]) => text);
      const rows = lines.map(([label, text]) => `<dt>${sanitize(label)}</dt><dd>${sanitize(text)}</dd>`);
      return `<strong>${sanitize(title)}</strong><dl>${rows.join("")}</dl>${sanitize(more ?? "")}`;
    },
  };
  const options = {
    actions: false,
    ast: true, // expressions are interpreted: the page's policy allows no eval
    defaultStyle: false,
    formatLocale: __LOCALE__,
    renderer: "svg",
    tooltip,
  };

  async function draw(chart) {
    const spec = JSON.parse(chart.querySelector("script").textContent);
    const place = chart.querySelector(".live");
    chart.classList.add("drawing"); // the place needs a width to be drawn in
    try {
      await window.vegaEmbed(place, spec, options);
      chart.classList.add("drawn");
    } finally {
      chart.classList.remove("drawing");
    }
  }

  async function drawAll() {
    for (const chart of document.querySelectorAll(".chart")) {
      await draw(chart);
    }
    document.documentElement.classList.add("ready");
  }

  drawAll();
})();

// Tables: a click on a column's title sorts by it. What is unknown stays last.
(() => {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  function valueOf(cell, kind) {
    if (kind === "text") {
      return cell.textContent;
    }
    const exact = cell.dataset.order ?? cell.dataset.value;
    return exact === "" ? null : Number(exact);
  }

  function compare(one, other, kind) {
    return kind === "text" ? collator.compare(one, other) : one - other;
  }

  function sort(table, head, direction) {
    const column = [...head.parentNode.children].indexOf(head);
    const kind = head.dataset.sort;
    const sign = direction === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [valueOf(row.cells[column], kind), row]);
    const known = rows.filter(([value]) => value !== null);
    const unknown = rows.filter(([value]) => value === null);
    known.sort(([one], [other]) => sign * compare(one, other, kind));
    body.append(...[...known, ...unknown].map(([, row]) => row));
  }

  function makeSortable(table) {
    const said = document.createElement("p");
    said.className = "sr";
    said.setAttribute("role", "status");
    table.closest(".scroll").after(said);
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.dataset.sort === "text" ? "ascending" : "descending";
        const opposite = first === "ascending" ? "descending" : "ascending";
        const direction = head.getAttribute("aria-sort") === first ? opposite : first;
        for (const other of table.tHead.rows[0].cells) {
          other.removeAttribute("aria-sort");
        }
        head.setAttribute("aria-sort", direction);
        sort(table, head, direction);
        said.textContent = `Sorted by ${button.textContent}, ${direction}`;
      });
    }
  }

  document.querySelectorAll("[data-sortable]").forEach(makeSortable);
})();
