// Lists from the keyboard: / search, j and k down and up, o open, x mark, c claim, n draft,
// ? help. Nothing happens while somebody types.
const rows = () => [...document.querySelectorAll("#result_list tbody tr")]
let here = -1

function go(by) {
  const all = rows()
  if (!all.length) return
  all[here]?.classList.remove("here")
  here = Math.min(Math.max(here + by, 0), all.length - 1)
  const row = all[here]
  row.classList.add("here")
  row.querySelector("a, input")?.focus({ preventScroll: true })
  row.scrollIntoView({ block: "nearest" })
}

function open() {
  rows()[here]?.querySelector("th a, td a")?.click()
}

function mark() {
  rows()[here]?.querySelector("input.action-select")?.click()
}

// Do what the list of actions does, with the post under the cursor or those marked.
function act(verb) {
  const form = document.getElementById("changelist-form")
  const choice = form?.querySelector('select[name="action"]')
  if (!choice || ![...choice.options].some((option) => option.value === verb)) return
  if (!form.querySelector("input.action-select:checked")) {
    if (here < 0) return
    mark()
  }
  choice.value = verb
  form.requestSubmit(form.querySelector('button[name="index"]'))
}

function search() {
  const field = document.getElementById("searchbar")
  if (field) field.focus()
  else document.querySelector(".command-open")?.click()
}

const DO = {
  "/": search,
  j: () => go(1),
  k: () => go(-1),
  o: open,
  x: mark,
  c: () => act("claim"),
  n: () => act("draft"),
}

const typing = (element) =>
  element.isContentEditable ||
  (element.matches("input, textarea, select") && !element.matches('[type="checkbox"]'))

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
  if (document.querySelector("dialog[open]")) return
  const verb = DO[event.key]
  if (!verb) return
  event.preventDefault()
  verb()
})
