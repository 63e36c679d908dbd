// <focal-point data-x data-y>: a click on the picture sets the two number fields.
class FocalPoint extends HTMLElement {
  connectedCallback() {
    this.picture = this.querySelector("img")
    this.x = document.getElementById(this.dataset.x)
    this.y = document.getElementById(this.dataset.y)
    if (!this.picture || this.x.disabled) return
    this.dot = document.createElement("span")
    this.dot.className = "focal__dot"
    this.append(this.dot)
    this.picture.addEventListener("click", (event) => this.set(event))
    for (const field of [this.x, this.y]) field.addEventListener("input", () => this.show())
    this.show()
  }

  set({ offsetX, offsetY }) {
    this.x.value = (offsetX / this.picture.clientWidth).toFixed(2)
    this.y.value = (offsetY / this.picture.clientHeight).toFixed(2)
    this.show()
  }

  show() {
    this.dot.style.insetInlineStart = `${Number(this.x.value) * 100}%`
    this.dot.style.insetBlockStart = `${Number(this.y.value) * 100}%`
  }
}
customElements.define("focal-point", FocalPoint)
