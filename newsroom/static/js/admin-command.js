// <command-field data-find>: Ctrl-K finds a desk, a story or a post, and goes there.
class CommandField extends HTMLElement {
  connectedCallback() {
    this.open = this.querySelector(".command-open")
    this.open.hidden = false
    this.open.addEventListener("click", () => this.show())
    addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.target.isContentEditable) return
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      this.show()
    })
  }

  show() {
    this.dialog ||= this.build()
    this.dialog.showModal()
    this.field.select()
    this.search()
  }

  build() {
    const dialog = document.createElement("dialog")
    dialog.className = "command"
    dialog.setAttribute("aria-label", "Find or do")
    this.field = Object.assign(document.createElement("input"), {
      type: "search", placeholder: "A story, a post, a desk …", autocomplete: "off",
    })
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "true", "aria-controls": "command-list",
      "aria-label": "Find or do",
    })) this.field.setAttribute(name, value)
    this.list = document.createElement("ul")
    this.list.id = "command-list"
    this.list.setAttribute("role", "listbox")
    this.list.setAttribute("aria-label", "Found")
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.search(), 150)
    })
    this.field.addEventListener("keydown", (event) => this.key(event))
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("li")
      if (row) location.href = row.dataset.url
    })
    dialog.append(this.field, this.list)
    document.body.append(dialog)
    return dialog
  }

  desks() {
    const links = document.querySelectorAll(".rail a[href], .object-tools a[href]")
    return [...links].map((link) => ({
      title: link.getAttribute("aria-label") || link.textContent.trim(),
      kind: link.closest(".rail__desk")?.querySelector("h2")?.textContent || "",
      url: link.href,
    }))
  }

  async search() {
    const words = this.field.value.trim().toLowerCase()
    const desks = this.desks().filter(({ title }) => title.toLowerCase().includes(words))
    this.fill(desks)
    if (!words) return
    const answer = await fetch(`${this.dataset.find}?q=${encodeURIComponent(words)}`)
    if (!answer.ok || words !== this.field.value.trim().toLowerCase()) return
    const { found } = await answer.json()
    this.fill([...desks, ...found])
  }

  fill(rows) {
    this.list.replaceChildren(...rows.map(({ title, kind, url }, index) => {
      const row = document.createElement("li")
      row.id = `command-${index}`
      row.dataset.url = url
      row.setAttribute("role", "option")
      const kindOf = document.createElement("span")
      kindOf.textContent = kind
      row.append(title, kindOf)
      return row
    }))
    this.choose(0)
  }

  choose(index) {
    const rows = [...this.list.children]
    this.at = Math.min(Math.max(index, 0), rows.length - 1)
    rows.forEach((row, n) => row.setAttribute("aria-selected", String(n === this.at)))
    rows[this.at]?.scrollIntoView({ block: "nearest" })
    if (rows[this.at]) this.field.setAttribute("aria-activedescendant", rows[this.at].id)
    else this.field.removeAttribute("aria-activedescendant")
  }

  key(event) {
    if (event.key === "ArrowDown") this.choose(this.at + 1)
    else if (event.key === "ArrowUp") this.choose(this.at - 1)
    else if (event.key === "Enter" && this.list.children[this.at]) {
      location.href = this.list.children[this.at].dataset.url
    } else return
    event.preventDefault()
  }
}
customElements.define("command-field", CommandField)
