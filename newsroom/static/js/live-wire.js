// <live-wire><div class="rail__head">…</div><ol class="rail__list">…rows…</ol></live-wire>
// Lets the rail move. New posts go in at the top while nobody is reading it; while somebody
// is (pointer, focus or scroll inside), on a narrow screen and when paused, they wait behind
// "4 new". Posts that change or are taken back are put right in place. What else the stream
// tells goes out as events on the document: "live:quotes" { chips }, "live:front" {}.
// Without EventSource, or while the stream is full, it asks every POLL; without JavaScript
// the rail is the list the server wrote.
const STREAM = "/live/"
const ASK = "/live/poll"
const POLL = 15_000 // ms between two questions without a stream
const AGAIN = 60_000 // ms until a stream is tried again
const HIDDEN = 300_000 // ms in the background before the stream is let go
const MOST = 80 // rows kept on the rail
const FRESH = 20_000 // ms a new row is marked as one
const NEWCOMERS = new Set(["new", "released"])
const narrow = matchMedia("(width < 48rem)")

class LiveWire extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ol")
    if (!this.list) return
    this.waiting = []
    this.cursor = ""
    this.paused = false
    this.controls()
    for (const name of ["appear", "leave", "start"]) this[name] = this[name].bind(this)
    document.addEventListener("visibilitychange", this.appear)
    addEventListener("pagehide", this.leave)
    addEventListener("pageshow", this.start)
    this.start()
  }

  disconnectedCallback() {
    this.leave()
    document.removeEventListener("visibilitychange", this.appear)
    removeEventListener("pagehide", this.leave)
    removeEventListener("pageshow", this.start)
  }

  controls() {
    this.pill = element("button", "live-pill", { type: "button", hidden: "" })
    this.pill.addEventListener("click", () => this.show())
    this.note = element("p", "live-note", { hidden: "" })
    const link = element("a", "", { href: location.pathname })
    link.textContent = "The front page has changed. Show it"
    this.note.append(link)
    this.switch = element("button", "live-pause", { type: "button", "aria-pressed": "false" })
    this.switch.textContent = "Pause"
    this.switch.addEventListener("click", () => this.pause())
    this.querySelector(".rail__head")?.append(this.switch)
    this.list.before(this.note, this.pill)
  }

  // The stream

  start() {
    if (this.source || document.hidden) return
    clearTimeout(this.timer)
    if (!("EventSource" in window)) return this.ask()
    const from = this.cursor ? `?last=${encodeURIComponent(this.cursor)}` : ""
    const source = new EventSource(STREAM + from)
    this.source = source
    const on = (name, take) =>
      source.addEventListener(name, event => {
        if (event.lastEventId) this.cursor = event.lastEventId
        take(JSON.parse(event.data))
      })
    on("hello", () => this.is("live"))
    on("wire", told => this.take(told))
    on("quotes", told => tell("live:quotes", told))
    on("front", () => this.frontChanged())
    on("reset", () => { this.is("live"); this.readAgain() })
    source.onerror = () => {
      this.is("offline")
      // The browser tries again by itself, unless it was refused.
      if (source.readyState !== EventSource.CLOSED) return
      this.source = null
      this.refusedAt = Date.now()
      this.ask()
    }
  }

  leave() {
    clearTimeout(this.timer)
    clearTimeout(this.hiding)
    this.source?.close()
    this.source = null
  }

  appear() {
    clearTimeout(this.hiding)
    if (document.hidden) this.hiding = setTimeout(() => this.leave(), HIDDEN)
    else this.start()
  }

  async ask() {
    this.is("polling")
    try {
      const answer = await fetch(`${ASK}?after=${encodeURIComponent(this.cursor)}`)
      if (answer.ok) {
        const told = await answer.json()
        this.cursor = told.cursor
        if (told.reset) await this.readAgain()
        for (const one of told.wire) this.take(one)
        tell("live:quotes", { chips: told.chips })
      }
    } catch { /* offline: the next round will tell */ }
    if (document.hidden) return
    const again = Date.now() - (this.refusedAt ?? Infinity) > AGAIN
    const next = again ? () => this.start() : () => this.ask()
    this.timer = setTimeout(next, POLL * (0.8 + 0.4 * Math.random()))
  }

  is(state) { this.dataset.state = state }

  // The rows

  take({ id, kind, public: isPublic, row }) {
    const fresh = isPublic ? made(row) : null
    const here = this.find(id)
    const index = this.waiting.findIndex(li => li.dataset.item === id)
    if (here) {
      if (!fresh) here.remove()
      else if (here.outerHTML !== fresh.outerHTML) swap(here, fresh)
    } else if (index >= 0) {
      this.waiting.splice(index, 1, ...(fresh ? [fresh] : []))
      this.count()
    } else if (fresh && NEWCOMERS.has(kind)) {
      this.waiting.push(fresh)
      if (this.mayMove()) this.show({ asked: false })
      else this.count()
    }
  }

  mayMove() {
    if (this.paused || narrow.matches || document.hidden) return false
    if (this.list.scrollTop > 4 || this.list.matches(":hover")) return false
    return !this.list.contains(document.activeElement)
  }

  show({ asked = true } = {}) {
    const rows = this.waiting.splice(0).reverse()
    for (const row of rows) {
      row.dataset.fresh = ""
      setTimeout(() => delete row.dataset.fresh, FRESH)
    }
    this.list.prepend(...rows)
    while (this.list.children.length > MOST) this.list.lastElementChild.remove()
    this.count()
    if (!asked) return
    this.list.scrollTo?.({ top: 0 })
    rows[0]?.querySelector("a")?.focus({ preventScroll: true })
  }

  count() {
    const count = this.waiting.length
    this.pill.hidden = count === 0
    this.pill.textContent = `${count} new`
    this.pill.setAttribute("aria-label", `Show ${count} new ${count === 1 ? "post" : "posts"}`)
  }

  pause() {
    this.paused = !this.paused
    this.switch.setAttribute("aria-pressed", String(this.paused))
    if (!this.paused && this.waiting.length && this.mayMove()) this.show({ asked: false })
  }

  frontChanged() {
    this.note.hidden = false
    tell("live:front", {})
  }

  // Too much was missed: the page knows the rail as it is now.
  async readAgain() {
    const answer = await fetch(location.pathname).catch(() => null)
    if (!answer?.ok) return
    const page = new DOMParser().parseFromString(await answer.text(), "text/html")
    const rows = [...page.querySelectorAll("live-wire ol > [data-item]")]
    for (const li of rows.reverse()) {
      this.take({ id: li.dataset.item, kind: "new", public: true, row: li.outerHTML })
    }
  }

  find(id) { return this.list.querySelector(`:scope > [data-item="${CSS.escape(id)}"]`) }
}

// Posts were cleaned and escaped when they were stored; the row comes ready from us.
function made(html) {
  const holder = document.createElement("template")
  holder.innerHTML = html
  return holder.content.firstElementChild
}

// A reader may have unfolded the row or be in the middle of it.
function swap(old, fresh) {
  const open = old.querySelector("details")?.open
  const focused = old.contains(document.activeElement)
  old.replaceWith(fresh)
  if (open) fresh.querySelector("details")?.setAttribute("open", "")
  if (focused) fresh.querySelector("a")?.focus({ preventScroll: true })
}

function element(name, className, attributes) {
  const made = document.createElement(name)
  if (className) made.className = className
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }))
}

customElements.define("live-wire", LiveWire)
