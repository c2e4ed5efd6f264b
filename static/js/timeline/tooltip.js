// The small box of facts beside the pointer.

const GAP = 14;

export class Tooltip {
  constructor(element) {
    this.element = element;
  }

  /** `facts` as made by describe(); (x, y) within the positioned parent. */
  show(facts, x, y) {
    const title = document.createElement("strong");
    title.textContent = facts.title;
    const state = document.createElement("span");
    state.textContent = facts.state;
    const list = document.createElement("dl");
    for (const [name, value] of facts.rows) {
      const [term, detail] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      detail.textContent = value;
      list.append(term, detail);
    }
    this.element.replaceChildren(title, state, list);
    this.element.hidden = false;
    this.#place(x, y);
  }

  hide() {
    this.element.hidden = true;
  }

  #place(x, y) {
    const { offsetWidth: width, offsetHeight: height, offsetParent: parent } = this.element;
    const left = x + GAP + width > parent.clientWidth ? x - GAP - width : x + GAP;
    this.element.style.left = `${Math.max(4, left)}px`;
    this.element.style.top = `${Math.max(4, Math.min(y + GAP, parent.clientHeight - height - 4))}px`;
  }
}
