// <wire-news>: says how many posts have come since the list was made. The list itself
// never jumps; a click shows them. Without the stream the list is as old as the page.
class WireNews extends HTMLElement {
  connectedCallback() {
    this.seen = new Set()
    this.madeAt = new Date(this.dataset.madeAt)
    this.stream = new EventSource("/live/")
    this.stream.addEventListener("hello", () => { this.dataset.state = "live" })
    this.stream.addEventListener("wire", (event) => this.heard(JSON.parse(event.data)))
    this.stream.addEventListener("reset", () => this.say("New posts"))
    this.stream.addEventListener("error", () => {
      if (this.stream.readyState === EventSource.CLOSED) this.stream.close()
    })
  }

  disconnectedCallback() {
    this.stream.close()
  }

  // The stream begins with posts the list may show already.
  heard({ id, kind, at }) {
    if (kind !== "new" && kind !== "released") return
    if (new Date(at) <= this.madeAt) return
    this.seen.add(id)
    this.say(`${this.seen.size} new`)
  }

  say(words) {
    if (!this.button) {
      this.button = document.createElement("button")
      this.button.type = "button"
      this.button.className = "button default wire-news"
      this.button.addEventListener("click", () => location.reload())
      this.append(this.button)
    }
    this.button.textContent = `${words}: show`
  }
}
customElements.define("wire-news", WireNews)
