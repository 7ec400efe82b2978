"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("candidates");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const filters = [...table.querySelectorAll("tr.filters input")];
  const search = document.getElementById("search");
  const only = document.getElementById("only");
  const ranked = document.getElementById("ranked");
  const list = document.getElementById("list");
  const SIZE = 50;
  const index = name => data.columns.findIndex(c => c.name === name);
  const ID = index("object_id"), CHOSEN = index("chosen"), KIND = index("kind"), FLAGS = index("flags");
  const state = {column: 0, descending: false, page: 0, rows: data.rows};

  const text = (value, column) => value === null ? "" : column.decimals === null ? value : value.toFixed(column.decimals);

  // ">0.5", ">=0.5", "<20", "0.1..0.3", a number (>= it), or text that is contained
  const condition = (wanted, k) => {
    const numeric = data.columns[k].decimals !== null;
    const lower = wanted.toLowerCase();
    if (!numeric) return row => row[k].toLowerCase().includes(lower);
    let m = /^(-?[\d.]*)\s*\.\.\s*(-?[\d.]*)$/.exec(wanted);
    if (m) {
      const low = m[1] === "" ? -Infinity : +m[1], high = m[2] === "" ? Infinity : +m[2];
      return row => row[k] !== null && row[k] >= low && row[k] <= high;
    }
    m = /^(<=|>=|<|>|=)?\s*(-?[\d.]+)$/.exec(wanted);
    if (!m || Number.isNaN(+m[2])) return null;
    const limit = +m[2];
    const test = {"<": v => v < limit, "<=": v => v <= limit, ">": v => v > limit, "=": v => v === limit}[m[1]] || (v => v >= limit);
    return row => row[k] !== null && test(row[k]);
  };

  const select = () => {
    const tests = [];
    filters.forEach((input, k) => {
      const wanted = input.value.trim();
      const test = wanted === "" ? undefined : condition(wanted, k);
      input.setAttribute("aria-invalid", String(test === null));
      input.style.borderColor = test === null ? "#d55e00" : "";
      if (test) tests.push(test);
    });
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) tests.push(row => {
      const all = `${row[ID]} ${row[KIND]} ${row[FLAGS]}`.toLowerCase();
      return words.every(word => all.includes(word));
    });
    if (only.getAttribute("aria-pressed") === "true") tests.push(row => row[CHOSEN] === 1);
    const k = state.column, sign = state.descending ? -1 : 1;
    state.rows = data.rows.filter(row => tests.every(test => test(row)));
    state.rows.sort((a, b) => {
      if (a[k] === null || b[k] === null) return (a[k] === null) - (b[k] === null);  // unknown last, either way
      return sign * (a[k] < b[k] ? -1 : a[k] > b[k] ? 1 : 0) || a[0] - b[0];
    });
    state.page = 0;
    show();
  };

  const fill = (cell, value, k) => {
    const column = data.columns[k];
    if (column.decimals !== null) cell.className = "n";
    if (k === ID && data.pages[value]) {
      const link = document.createElement("a");
      link.href = "candidates/" + encodeURIComponent(data.pages[value]) + ".html";
      link.textContent = value;
      cell.append(link);
    } else if ((k === FLAGS || k === KIND) && value) {
      if (k === FLAGS) cell.classList.add("flags");
      for (const part of value.split("; ")) {
        const pill = document.createElement("span");
        pill.className = "pill " + (k === FLAGS ? "flag" : part);
        pill.textContent = part;
        cell.append(pill);
      }
    } else if (k === CHOSEN) {
      cell.textContent = value ? "●" : "";
      cell.setAttribute("aria-label", value ? "yes" : "no");
    } else cell.textContent = text(value, column);
  };

  const show = () => {
    const pages = Math.max(1, Math.ceil(state.rows.length / SIZE));
    const shown = state.rows.slice(state.page * SIZE, (state.page + 1) * SIZE);
    body.replaceChildren(...shown.map(row => {
      const tr = document.createElement("tr");
      row.forEach((value, k) => fill(tr.insertCell(), value, k));
      return tr;
    }));
    heads.forEach((head, k) => head.setAttribute("aria-sort", k !== state.column ? "none" : state.descending ? "descending" : "ascending"));
    const name = data.columns[state.column].name;
    ranked.value = state.descending ? name : name === "rank" ? "probability" : "";
    const address = ranked.selectedOptions.length ? ranked.selectedOptions[0].dataset.list : "";
    list.hidden = !address;
    if (address) list.href = address;
    document.getElementById("count").textContent = `${state.rows.length} of ${data.rows.length} objects`;
    document.getElementById("place").textContent = `page ${state.page + 1} of ${pages}`;
    document.getElementById("before").disabled = state.page === 0;
    document.getElementById("after").disabled = state.page >= pages - 1;
  };

  heads.forEach((head, k) => head.querySelector("button").addEventListener("click", () => {
    const numeric = data.columns[k].decimals !== null;
    state.descending = state.column === k ? !state.descending : numeric && k !== 0;
    state.column = k;
    select();
  }));
  ranked.addEventListener("change", () => {
    state.column = index(ranked.value);
    state.descending = true;
    select();
    heads[state.column].scrollIntoView({block: "nearest", inline: "center"});
  });
  filters.forEach(input => input.addEventListener("input", select));
  search.addEventListener("input", select);
  only.addEventListener("click", () => {
    only.setAttribute("aria-pressed", String(only.getAttribute("aria-pressed") !== "true"));
    select();
  });
  document.getElementById("clear").addEventListener("click", () => {
    for (const input of [...filters, search]) input.value = "";
    only.setAttribute("aria-pressed", "false");
    select();
  });
  const turn = step => { state.page += step; show(); table.scrollIntoView({block: "start"}); };
  document.getElementById("before").addEventListener("click", () => turn(-1));
  document.getElementById("after").addEventListener("click", () => turn(1));
  document.getElementById("save").addEventListener("click", () => {
    const quote = cell => /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    const lines = [data.columns.map(c => c.name), ...state.rows.map(row => row.map((v, k) => text(v, data.columns[k])))];
    const blob = new Blob([lines.map(line => line.map(quote).join(",")).join("\n") + "\n"], {type: "text/csv"});
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "candidates_selected.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  select();
})();
