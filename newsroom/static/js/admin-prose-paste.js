// What other programs put on the clipboard, as markup a body may hold. Google Docs and Word
// say with styles what is bold and what is a list; the policy forbids style attributes even
// where nothing is shown, so they are renamed in the string, before anything parses it.
import { parsed } from "prose/markup"

const TAG = /<[a-z](?:[^>"']|"[^"]*"|'[^']*')*>/gi
const SHEET = /<style[\s>][\s\S]*?<\/style\s*>/gi
const PART_OF_TABLE = /^\s*(?:<meta[^>]*>\s*)*<(?:tr|td|th|thead|tbody|tfoot|caption|col)\b/i
const NOT_THE_TEXT = [ // of Word: what was struck out, who remarked on it, marks of notes
  "del[cite]", "del[datetime]", ".MsoCommentReference", ".msocomanchor",
  'a[href^="#_msocom"]', 'a[href^="#_ftn"]', 'a[href^="#_edn"]',
  '[data-style*="mso-element:comment-list" i]', '[data-style*="display:none" i]',
]
const NUMBER = /^\s*(?:\d+|[a-z]|[ivxlc]+)[.)]/i // at the head of an item of a numbered list

export function pasted(html, renamed) {
  if (html.includes("data-pm-slice")) return html // from this editor, or one like it
  const quiet = html.replace(SHEET, "")
    .replace(TAG, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="))
  if (PART_OF_TABLE.test(quiet)) return quiet
  const body = parsed(quiet)
  for (const node of body.querySelectorAll(NOT_THE_TEXT.join())) node.remove()
  for (const node of body.querySelectorAll('b[id^="docs-internal-guid"]')) unwrap(node)
  for (const link of body.querySelectorAll("a")) aim(link)
  items(body)
  for (const node of body.querySelectorAll("span, b, i, strong, em")) weigh(node)
  for (const [from, to] of Object.entries(renamed)) {
    if (to === "p") continue // an editor takes paragraphs out of boxes by itself
    for (const node of body.querySelectorAll(from)) rename(node, to)
  }
  nest(body)
  for (const node of body.querySelectorAll("[data-style]")) delete node.dataset.style
  for (const node of body.querySelectorAll('[dir="ltr" i]')) node.removeAttribute("dir")
  return body.innerHTML
}

function unwrap(node) { node.replaceWith(...node.childNodes) }

function rename(node, name) {
  const made = node.ownerDocument.createElement(name)
  for (const { name: key, value } of node.attributes) made.setAttribute(key, value)
  made.append(...node.childNodes)
  node.replaceWith(made)
  return made
}

function styleOf(node) {
  const pairs = (node.dataset.style ?? "").toLowerCase().split(";")
  return Object.fromEntries(pairs.map((pair) => pair.split(/:(.*)/s, 2).map((t) => t.trim())))
}

// Google sends its links round by itself; a bookmark is no link
function aim(link) {
  if (!link.hasAttribute("href")) return unwrap(link)
  const url = URL.parse(link.getAttribute("href"))
  const isDetour = /^(www\.)?google\.com$/.test(url?.hostname) && url.pathname === "/url"
  const target = isDetour && (url.searchParams.get("q") ?? url.searchParams.get("url"))
  if (target) link.setAttribute("href", target)
}

// Styles become elements; an element whose style takes it back goes
function weigh(node) {
  const style = styleOf(node)
  const weight = style["font-weight"]
  const isTakenBack = (/^(b|strong)$/.test(node.localName) && /^(normal|400)$/.test(weight))
    || (/^(i|em)$/.test(node.localName) && style["font-style"] === "normal")
  if (isTakenBack) return unwrap(node)
  if (node.localName !== "span") return
  const isBold = /^(bold|bolder|[6-9]00)$/.test(weight) && !node.closest("h1,h2,h3,h4,h5,h6")
  if (isBold) within(node, "strong")
  if (style["font-style"] === "italic") within(node, "em")
  if (/line-through/.test(style["text-decoration"])) within(node, "s")
  if (/^(super|sub)$/.test(style["vertical-align"])) {
    within(node, style["vertical-align"] === "super" ? "sup" : "sub")
  }
}

function within(node, name) {
  const made = node.ownerDocument.createElement(name)
  made.append(...node.childNodes)
  node.append(made)
}

// Word's lists are paragraphs that say how deep they are
function items(body) {
  let open = [] // lists, the outermost first
  for (const line of body.querySelectorAll("p, h1, h2, h3, table")) {
    const level = Number(/^l\d+ level(\d+)/.exec(styleOf(line)["mso-list"] ?? "")?.[1] ?? 0)
    if (!level) { open = []; continue }
    const mark = line.querySelector('[data-style*="mso-list:ignore" i]')
    const name = NUMBER.test(mark?.textContent ?? "") ? "ol" : "ul"
    mark?.remove()
    open.length = Math.min(open.length, level)
    if (open.length < level) {
      const list = line.ownerDocument.createElement(name)
      if (open.length) open.at(-1).lastElementChild.append(list)
      else line.before(list)
      open.push(list)
    }
    open.at(-1).append(rename(line, "li"))
  }
}

// Google Docs puts a list into a list, not into the item before
function nest(body) {
  for (const list of body.querySelectorAll(":is(ul, ol) > :is(ul, ol)")) {
    list.previousElementSibling?.append(list)
  }
}
