// The evidence panel without leaving the text: search, choose, attach, take off. The
// server answers with the panel anew. Without JavaScript the forms lead there and back.
const WAIT = 250 // milliseconds after the last key

let block = "" // where the cursor stands in the body
document.addEventListener("block", (event) => {
  block = event.detail.id
  const choice = document.getElementById("evidence-paragraph")
  if (choice && [...choice.options].some((option) => option.value === block)) {
    choice.value = block
  }
})

let timer
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-search]")) return
  clearTimeout(timer)
  timer = setTimeout(() => search(event.target), WAIT)
})
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-search]") && !event.target.value) search(event.target)
})
document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-search]") && event.key === "Enter") event.preventDefault()
})
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-evidence]")) return
  event.preventDefault()
  send(event.target)
})

async function search(field) {
  const form = field.form
  const answer = await fetch(`${form.dataset.posts}?q=${encodeURIComponent(field.value)}`)
  const box = form.querySelector("[data-found]")
  if (!answer.ok) return box.replaceChildren("The wire cannot be searched just now.")
  const { found } = await answer.json()
  box.replaceChildren(...found.map(row))
  if (!found.length) box.replaceChildren("No post has these words.")
}

function row({ version, source, words, seen, state }) {
  const label = document.createElement("label")
  const radio = Object.assign(document.createElement("input"), {
    type: "radio", name: "version", value: version, required: true,
  })
  const text = document.createElement("span")
  text.dir = "auto"
  const name = document.createElement("b")
  name.textContent = source
  const when = document.createElement("span")
  when.className = "quiet"
  when.textContent = ` ${seen}${state === "usable" ? "" : `, ${state}`}`
  text.append(name, when, document.createElement("br"), words)
  label.append(radio, text)
  return label
}

async function send(form) {
  const answer = await fetch(form.action, {
    method: "POST", body: new FormData(form), headers: { "X-Part": "evidence" },
  })
  const markup = await answer.text()
  const parsed = new DOMParser().parseFromString(markup, "text/html")
  const panel = parsed.getElementById("evidence")
  if (!panel) return location.reload()
  const old = document.getElementById("evidence")
  moveOn(Number(old.dataset.revision), Number(panel.dataset.revision))
  old.replaceWith(panel)
}

// On a public article evidence makes a revision of its own. The text being typed then goes
// on from there, unless somebody else has saved in between.
function moveOn(before, after) {
  const base = document.querySelector('#article-form [name="base_n"]')
  if (base && after === before + 1 && Number(base.value) === before) base.value = after
}
