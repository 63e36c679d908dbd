// <byline-list>: authors are moved up and down by buttons instead of by numbers.
class BylineList extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("select:disabled")) return
    this.classList.add("is-live")
    for (const row of this.querySelectorAll(".byline")) {
      const box = document.createElement("span")
      box.className = "byline__move"
      box.append(this.button("↑", "Up", row, -1), this.button("↓", "Down", row, 1))
      row.querySelector(".byline__order").after(box)
    }
  }

  button(sign, words, row, by) {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = sign
    button.setAttribute("aria-label", words)
    button.addEventListener("click", () => this.move(row, by))
    return button
  }

  move(row, by) {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling
    if (!other) return
    if (by < 0) other.before(row)
    else other.after(row)
    this.querySelectorAll(".byline").forEach((line, index) => {
      const field = line.querySelector(".byline__order input")
      field.value = index + 1
      field.dispatchEvent(new Event("input", { bubbles: true }))
    })
  }
}
customElements.define("byline-list", BylineList)
