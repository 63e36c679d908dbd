// <article-desk data-key data-autosave>: nothing typed at the writing surface is lost.
// Five seconds after the last key the text goes to the server, and at once to this
// computer; Ctrl-S saves; leaving with words unsaved asks first.
const TEXTS = ["headline", "standfirst", "body", "framing", "caption"]
const PAUSE = 5_000 // milliseconds after the last key
const RETRY = 15_000 // milliseconds after a failure

class ArticleDesk extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("#article-form")
    this.touched = this.form.elements.touched
    this.says = this.querySelector("[data-kept]")
    this.opened = this.texts()
    if (this.touched.value === "unknown") this.touched.value = "no"
    this.form.addEventListener("input", (event) => this.changed(event))
    this.form.addEventListener("submit", () => this.leaving())
    addEventListener("beforeunload", (event) => this.asked(event))
    addEventListener("keydown", (event) => this.key(event))
    this.offer()
  }

  texts() {
    const found = {}
    for (const name of TEXTS) {
      const field = this.form.elements[name]
      if (field && !field.disabled) found[name] = field.value
    }
    return found
  }

  get baseN() { return Number(this.form.elements.base_n?.value || 0) }

  changed(event) {
    this.touched.value = "yes"
    if (!TEXTS.includes(event.target.name)) return
    this.unsaved = true
    this.keepHere()
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.keepThere(), PAUSE)
  }

  // On this computer

  keepHere(more = {}) {
    const kept = { at: Date.now(), base_n: this.baseN, texts: this.texts(), ...more }
    try { localStorage.setItem(this.dataset.key, JSON.stringify(kept)) } catch { /* full */ }
  }

  kept() {
    try { return JSON.parse(localStorage.getItem(this.dataset.key)) } catch { return null }
  }

  forget() {
    try { localStorage.removeItem(this.dataset.key) } catch { /* none to forget */ }
  }

  offer() {
    const kept = this.kept()
    if (!kept) return
    const arrived = kept.sent && kept.base_n < this.baseN
    const onServer = document.getElementById("recover")
    if (arrived || onServer || same(kept.texts, this.texts())) {
      if (!onServer) this.forget()
      return
    }
    const banner = document.getElementById("recover-local")
    banner.querySelector("[data-when]").textContent =
      new Date(kept.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })
    banner.hidden = false
    banner.querySelector("[data-put-back]").addEventListener("click", () => {
      this.putBack(kept)
      banner.hidden = true
    })
    banner.querySelector("[data-throw-away]").addEventListener("click", () => {
      this.forget()
      banner.hidden = true
    })
  }

  putBack({ texts, base_n }) {
    for (const [name, text] of Object.entries(texts)) {
      const field = this.form.elements[name]
      if (!field || field.disabled) continue
      field.value = text
      field.dispatchEvent(new Event("put-back"))
    }
    if (this.form.elements.base_n) this.form.elements.base_n.value = base_n
    this.touched.value = "yes"
    this.unsaved = true
  }

  // On the server

  async keepThere() {
    const body = new FormData()
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value)
    body.set("base_n", this.baseN)
    for (const [name, text] of Object.entries(this.texts())) body.set(name, text)
    try {
      const answer = await fetch(this.dataset.autosave, { method: "POST", body })
      const said = await answer.json()
      if (!answer.ok) return this.say(`Kept on this computer only. ${said.reason}`, true)
      const newer = said.revision_n > this.baseN
      const time = new Date(said.at).toLocaleTimeString([], { timeStyle: "short" })
      this.say(newer
        ? `Somebody has saved revision ${said.revision_n}. Yours is kept; save to see both.`
        : `Kept at ${time}, not saved yet`, newer)
    } catch {
      this.say("No connection: kept on this computer.", true)
      this.timer = setTimeout(() => this.keepThere(), RETRY)
    }
  }

  say(words, isLost = false) {
    this.says.textContent = words
    this.says.classList.toggle("is-lost", isLost)
  }

  // Leaving

  leaving() {
    clearTimeout(this.timer)
    if (this.unsaved) this.keepHere({ sent: true })
    this.unsaved = false
  }

  asked(event) {
    if (this.unsaved) event.preventDefault()
  }

  key(event) {
    const isSave = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey)
    if (!isSave || event.altKey || event.shiftKey) return
    event.preventDefault()
    const button = this.form.elements.save
    if (button) this.form.requestSubmit(button)
  }
}

// Whether two sets of texts have the same words; the server may have tidied the markup.
function same(a, b) {
  return TEXTS.every((name) => words(a[name] || "") === words(b[name] || ""))
}

function words(markup) {
  const parsed = new DOMParser().parseFromString(markup, "text/html")
  return parsed.body.textContent.replace(/\s+/g, " ").trim()
}

customElements.define("article-desk", ArticleDesk)
