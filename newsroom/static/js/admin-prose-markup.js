// Markup between the stored body and the editor, by the one list (articles/body_elements.py).
//
// The editor's tree is stricter than HTML, so `prepare` says with data attributes what it
// would forget, and `finish` takes them back:
//   data-bare      a paragraph that stands for loose words in an item, a cell, a caption
//   data-section   on a row: thead, tbody or tfoot, its attributes, and which of them
//   data-captioned around a table and its caption
//   data-seam      tells a <q> inside of a <q>, or right after one, from one long <q>
//   data-kept      a block the editor cannot show, whole
// `meaning` is what two pieces of markup must share to be the same text.

export class Elements {
  constructor(list) {
    this.list = list
    this.byName = new Map(list.map((element) => [element.name, element]))
  }

  get(node) { return this.byName.get(node.localName) }
  isVoid(node) { return this.get(node)?.kind === "void" }
  isWords(node) { return this.get(node)?.kind === "words" }
  flows(node) { return this.get(node)?.holds.includes("blocks") ?? false }

  // Whether a node stands in a line of words there, rather than by itself
  isLoose(node, parent) {
    if (node.nodeType === Node.TEXT_NODE) return true
    if (this.isWords(node)) return true
    return this.isVoid(node) && !this.get(parent)?.holds.includes(node.localName)
  }

  // The attributes an element may have and has, without defaults, in the list's order
  attributes(node) {
    const allowed = Object.entries(this.get(node)?.attributes ?? {})
    return allowed
      .filter(([name, value]) => node.hasAttribute(name) && node.getAttribute(name) !== value)
      .map(([name]) => [name, node.getAttribute(name)])
  }
}

export function parsed(markup) {
  return new DOMParser().parseFromString(markup, "text/html").body
}

// Part a body at its outermost elements; loose words become paragraphs.
export function blocksOf(markup, elements) {
  const body = parsed(markup)
  wrapLoose(body, elements, () => body.ownerDocument.createElement("p"))
  return [...body.children]
}

function wrapLoose(parent, elements, made) {
  let line = null
  for (const node of [...parent.childNodes]) {
    if (node.nodeType === Node.COMMENT_NODE) { node.remove(); continue }
    if (!elements.isLoose(node, parent)) { line = null; continue }
    if (!line && !says(node)) { node.remove(); continue }
    if (!line) node.before(line = made())
    line.append(node)
  }
}

function says(node) {
  return node.nodeType !== Node.TEXT_NODE || /[^ \t\n\r\f]/.test(node.data)
}

function every(root, selector) {
  return [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)]
}

// For the editor

export function prepare(block, elements) {
  const holder = block.ownerDocument.createElement("div")
  holder.append(block.cloneNode(true))
  for (const node of holder.querySelectorAll("*")) {
    if (elements.flows(node)) fill(node, elements)
    if (elements.isWords(node)) seam(node)
  }
  for (const table of holder.querySelectorAll("table")) unfold(table, elements)
  return holder
}

function fill(node, elements) {
  const bare = () => {
    const line = node.ownerDocument.createElement("p")
    line.dataset.bare = ""
    return line
  }
  wrapLoose(node, elements, bare)
  if (!node.children.length) node.append(bare())
}

function seam(node) {
  let depth = 0
  for (let up = node.parentElement; up; up = up.parentElement) {
    if (up.localName === node.localName) depth += 1
  }
  const before = node.previousSibling
  const meets = before?.localName === node.localName && !before.dataset.seam?.endsWith("b")
  if (depth || meets) node.dataset.seam = `${depth}${meets ? "b" : ""}`
}

function unfold(table, elements) {
  const sections = [...table.children].filter((node) => node.localName !== "caption")
  sections.forEach((section, index) => {
    const told = [section.localName, elements.attributes(section), index]
    for (const row of section.children) row.dataset.section = JSON.stringify(told)
  })
  const caption = [...table.children].find((node) => node.localName === "caption")
  if (!caption) return
  const around = table.ownerDocument.createElement("div")
  const words = table.ownerDocument.createElement("div")
  around.dataset.captioned = words.dataset.caption = ""
  if (table.id) around.id = table.id
  table.removeAttribute("id")
  for (const [name, value] of elements.attributes(caption)) words.setAttribute(name, value)
  words.append(...caption.childNodes)
  caption.remove()
  table.replaceWith(around)
  around.append(words, table)
}

export function whole(block) {
  const holder = block.ownerDocument.createElement("div")
  const box = block.ownerDocument.createElement("div")
  box.dataset.kept = block.outerHTML
  if (block.id) box.id = block.id
  holder.append(box)
  return holder
}

// From the editor

export function finish(holder, elements) {
  for (const box of holder.querySelectorAll("[data-kept]")) {
    box.replaceWith(...parsed(box.dataset.kept).childNodes)
  }
  for (const table of holder.querySelectorAll("table")) fold(table)
  for (const around of holder.querySelectorAll("[data-captioned]")) captioned(around)
  for (const line of [...holder.querySelectorAll("p[data-bare]")].reverse()) {
    if (mayBeBare(line, holder, elements)) line.replaceWith(...line.childNodes)
  }
  for (const node of holder.querySelectorAll("*")) only(node, elements)
  return [...holder.children]
}

function fold(table) {
  const rows = [...table.querySelectorAll("tr")].filter((r) => r.closest("table") === table)
  if (!rows.some((row) => row.dataset.section)) return
  for (const section of [...table.children]) {
    if (section.localName !== "caption") section.remove()
  }
  let open = null
  rows.forEach((row, at) => {
    const told = sectionOf(rows, at)
    if (!open || open.told !== told) {
      const [name, attributes] = JSON.parse(told)
      open = { told, node: table.ownerDocument.createElement(name) }
      for (const [key, value] of attributes) open.node.setAttribute(key, value)
      table.append(open.node)
    }
    open.node.append(row)
  })
}

// A new row belongs to where the next one does, or at the end the one before it
function sectionOf(rows, at) {
  const told = (row) => row.dataset.section
  return (rows.slice(at).find(told) ?? rows.slice(0, at).findLast(told)).dataset.section
}

function captioned(around) {
  const table = around.querySelector("table")
  const words = around.querySelector("[data-caption]")
  if (!table) return around.replaceWith(...(words?.childNodes ?? []))
  if (around.id) table.id = around.id
  const caption = table.createCaption()
  for (const { name, value } of words.attributes) caption.setAttribute(name, value)
  caption.append(...words.childNodes)
  around.replaceWith(table)
}

// Loose words stay loose only where no others stand next to them
function mayBeBare(line, holder, elements) {
  const parent = line.parentElement
  if (parent === holder || !elements.flows(parent) || line.attributes.length > 1) return false
  const beside = [line.previousSibling, line.nextSibling].filter(Boolean)
  return !beside.some(
    (node) => node.dataset?.bare !== undefined || elements.isLoose(node, parent),
  )
}

function only(node, elements) {
  const kept = new Set(elements.attributes(node).map(([name]) => name))
  if (elements.get(node)?.kind === "block") kept.add("id")
  for (const { name } of [...node.attributes]) if (!kept.has(name)) node.removeAttribute(name)
}

// Only what the list allows, for showing markup that came from who knows where
export function harmless(markup, elements) {
  const body = parsed(markup)
  for (const node of [...body.querySelectorAll("*")].reverse()) {
    if (!elements.get(node)) node.replaceWith(...node.childNodes)
    else only(node, elements)
    if (node.localName === "a") node.removeAttribute("href")
  }
  const shown = document.createDocumentFragment()
  shown.append(...body.childNodes)
  return shown
}

// What a reader is told: the elements, and runs of words under the same marks. The order
// in which <em> and <strong> stand around a word is not told, and <em> in <em> neither.
export function meaning(nodes, elements, isPlain) {
  const runs = []
  for (const node of nodes) tell(node, [], runs, elements, isPlain)
  return runs.map((run) => run.tag ?? `${run.marks}|${run.text}`).join("\n")
}

function tell(node, marks, runs, elements, isPlain) {
  if (node.nodeType === Node.TEXT_NODE) return addWords(node.data, marks, runs)
  if (node.nodeType !== Node.ELEMENT_NODE) return
  const name = `${node.localName} ${JSON.stringify(elements.attributes(node))}`
  if (elements.isWords(node) && (node.textContent || node.querySelector("img, br"))) {
    const more = isPlain(node) && marks.includes(name) ? marks : [...marks, name]
    for (const child of node.childNodes) tell(child, more, runs, elements, isPlain)
    return
  }
  if (elements.isWords(node) && isPlain(node)) return // around nothing
  const isInline = elements.isVoid(node) && node.localName !== "br"
  boundary(runs, isInline ? `${name} ${[...marks].sort().join()}` : name, isInline)
  for (const child of node.childNodes) tell(child, [], runs, elements, isPlain)
  if (!elements.isVoid(node)) boundary(runs, `/${node.localName}`, false)
}

function addWords(data, marks, runs) {
  const last = runs.at(-1)
  let text = data.replace(/[ \t\n\r\f]+/g, " ")
  if (last?.breaks !== false && (last?.breaks || !last || last.text?.endsWith(" "))) {
    text = text.replace(/^ /, "")
  }
  if (!text) return
  const told = [...marks].sort().join()
  if (last && last.tag === undefined && last.marks === told) last.text += text
  else runs.push({ marks: told, text })
}

function boundary(runs, tag, isInline) {
  const last = runs.at(-1)
  if (!isInline && last?.tag === undefined && last) {
    last.text = last.text.replace(/ $/, "")
    if (!last.text) runs.pop()
  }
  runs.push({ tag, breaks: !isInline })
}
