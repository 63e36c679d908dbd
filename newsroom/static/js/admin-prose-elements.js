// What the editor knows, made from the one list (articles/body_elements.py): where Tiptap has a
// node or a mark of its own with keys and buttons, that one; for every other element a
// plain one, so that no row of the list is unknown here.
import {
  Blockquote, Bold, BulletList, Code, Extension, HardBreak, Heading, Italic, Link, ListItem,
  Mark, Node, OrderedList, Paragraph, Plugin, Strike, Subscript, Superscript, Table,
  TableCell, TableHeader, TableRow, crel, pm, updateAttrsDialog,
} from "django-prose-editor/editor"
import { harmless } from "prose/markup"

const OWN = {
  p: Paragraph, h2: Heading, h3: Heading, blockquote: Blockquote, ul: BulletList,
  ol: OrderedList, li: ListItem, table: Table, tr: TableRow, th: TableHeader, td: TableCell,
  a: Link, strong: Bold, em: Italic, s: Strike, code: Code, sub: Subscript,
  sup: Superscript, br: HardBreak,
}
const ROWS = new Set(["thead", "tbody", "tfoot"]) // told by their rows
const KNOWN = { // attributes that Tiptap's own nodes and marks bring
  orderedList: ["start", "type"], link: ["href", "title"],
  tableCell: ["colspan", "rowspan"], tableHeader: ["colspan", "rowspan"],
}

export function isPlain(node) { return node.localName in OWN }

export function extensions(elements, door) {
  const nodes = elements.list.flatMap((element) => made(element, elements, door))
  return [...new Set(nodes), attributes(elements, nodes), Captioned, Kept.configure({ elements }),
    Captions, Pictures]
}

// The package's menu looks for nodes of its own called figure and image.
const named = (...names) => `body_${names.join("_")}`

function typeName(element) { return OWN[element.name]?.name ?? named(element.name) }

function made(element, elements, door) {
  if (ROWS.has(element.name)) return []
  if (element.name in OWN) return [own(element.name)]
  if (element.kind === "words") return [mark(element)]
  if (element.kind !== "void") return [node(element, elements)]
  const holders = elements.list.filter(({ holds }) => holds.includes(element.name))
  const inside = holders.map((holder) => atom(element, door, holder))
  return [...inside, atom(element, door)]
}

const CHANGED = {
  h2: () => headings,
  h3: () => headings,
  li: () => ListItem.extend({ content: "block+" }),
  code: () => Code.extend({ excludes: "" }),
  a: () => Link.configure({ enableTarget: false }),
  table: () => Table.configure({ resizable: false }),
  tr: () => TableRow.extend({
    addAttributes() { return { ...this.parent?.(), section: data("section") } },
  }),
  p: () => Paragraph.extend({
    addAttributes() { return { ...this.parent?.(), bare: data("bare") } },
  }),
}
const headings = Heading.configure({ levels: [2, 3] })

function own(name) { return CHANGED[name]?.() ?? OWN[name] }

function data(name) {
  return {
    default: null,
    parseHTML: (element) => element.dataset[name] ?? null,
    renderHTML: ({ [name]: value }) => (value === null ? {} : { [`data-${name}`]: value }),
  }
}

function attribute(name) {
  return {
    default: null,
    keepOnSplit: name !== "id", // or two blocks would have one id
    parseHTML: (element) => element.getAttribute(name),
    renderHTML: ({ [name]: value }) => (value === null ? {} : { [name]: value }),
  }
}

function mark(element) {
  return Mark.create({
    name: named(element.name),
    priority: 1100, // around links and bold: cut in two, a <q> would be two quotations
    inclusive: false,
    excludes: "", // a <q> may stand in a <q>
    addAttributes: () => ({ seam: data("seam") }),
    parseHTML: () => [{ tag: element.name }],
    renderHTML: ({ HTMLAttributes }) => [element.name, HTMLAttributes, 0],
  })
}

function node(element, elements) {
  const tag = element.name === "caption" ? "div[data-caption]" : element.name
  return Node.create({
    name: named(element.name),
    group: element.kind === "block" ? "block" : "",
    content: content(element, elements),
    isolating: !element.holds.includes("words"),
    draggable: element.kind === "block" && !element.holds.includes("words"),
    parseHTML: () => [{ tag }],
    renderHTML: ({ HTMLAttributes }) => element.name === "caption"
      ? ["div", { ...HTMLAttributes, "data-caption": "" }, 0]
      : [element.name, HTMLAttributes, 0],
  })
}

function content(element, elements) {
  if (element.holds.includes("words")) return "inline*"
  const kinds = element.holds.map((name) => {
    if (name === "blocks") return "block"
    const part = elements.byName.get(name)
    return part.kind === "void" ? named(element.name, name) : typeName(part)
  })
  return `(${kinds.join(" | ")})+`
}

// An element with nothing in it: within a line, or by itself in one that names it
function atom(element, door, holder = null) {
  return Node.create({
    name: holder ? named(holder.name, element.name) : named(element.name),
    group: holder ? "" : "inline",
    inline: !holder,
    atom: true,
    parseHTML: () => [holder
      ? { tag: element.name, context: `${typeName(holder)}/`, priority: 60 }
      : { tag: element.name }],
    renderHTML: ({ HTMLAttributes }) => [element.name, HTMLAttributes],
    addNodeView: element.name === "img" ? () => picture(door) : undefined,
  })
}

// Pictures of what is not out yet come to the desk by a door of its own.
function picture(door) {
  return ({ HTMLAttributes }) => {
    const dom = document.createElement("img")
    for (const [name, value] of Object.entries(HTMLAttributes)) dom.setAttribute(name, value)
    const [, , id, , file] = (HTMLAttributes.src ?? "").split("/")
    if (door && file) dom.src = `${door}${id}/${file}`
    return { dom }
  }
}

// The attributes of the list, and on every block the id that evidence hangs on
function attributes(elements, nodes) {
  const names = nodes.map((extension) => extension.name)
  const global = elements.list.flatMap((element) => {
    const types = names.filter(
      (name) => name === typeName(element) || name.endsWith(`_${element.name}`),
    )
    return types.map((type) => ({
      types: [type],
      attributes: Object.fromEntries(
        [...(element.kind === "block" ? ["id"] : []), ...Object.keys(element.attributes)]
          .filter((name) => !KNOWN[type]?.includes(name))
          .map((name) => [name, attribute(name)]),
      ),
    }))
  })
  global.push({ types: ["captioned", "kept"], attributes: { id: attribute("id") } })
  return Extension.create({ name: "listed", addGlobalAttributes: () => global })
}

const Captioned = Node.create({
  name: "captioned",
  group: "block",
  content: `${named("caption")} table?`,
  isolating: true,
  parseHTML: () => [{ tag: "div[data-captioned]" }],
  renderHTML: ({ HTMLAttributes }) => ["div", { ...HTMLAttributes, "data-captioned": "" }, 0],
})

// A block that would not live through the editor: shown, moved, removed, never touched
const Kept = Node.create({
  name: "kept",
  group: "block",
  atom: true,
  draggable: true,
  addOptions: () => ({ elements: null }),
  addAttributes: () => ({ kept: data("kept") }),
  parseHTML: () => [{ tag: "div[data-kept]" }],
  renderHTML: ({ HTMLAttributes }) => ["div", HTMLAttributes],
  addNodeView() {
    const { elements } = this.options
    return ({ node, editor, getPos }) => {
      const button = crel("button", { type: "button", textContent: "Edit its markup" })
      button.addEventListener("click", () => changeKept(editor, getPos()))
      const shown = crel("div", { className: "kept__shown" })
      shown.append(harmless(node.attrs.kept ?? "", elements))
      const says = crel("p", {
        className: "kept__says", textContent: "Kept as it is: this editor cannot change how it is put together. ",
      })
      says.append(button)
      return { dom: crel("div", { className: "kept" }, [says, shown]) }
    }
  },
})

async function changeKept(editor, at) {
  const { kept } = editor.state.doc.nodeAt(at).attrs
  const ask = updateAttrsDialog(
    { kept: { type: "string", format: "textarea", title: "Markup" } },
    { title: "One block, as markup" },
  )
  const answer = await ask(editor, { kept })
  if (!answer) return
  editor.view.dispatch(editor.state.tr.setNodeAttribute(at, "kept", answer.kept))
}

// Enter leaves a caption, for what stands after the picture or the table
const Captions = Extension.create({
  name: "captions",
  priority: 200,
  addKeyboardShortcuts: () => ({ Enter: ({ editor }) => leave(editor) }),
})

const captions = new Set([named("figcaption"), named("caption")])

function leave(editor) {
  const { $from } = editor.state.selection
  for (let depth = $from.depth; depth > 1; depth -= 1) {
    if (!captions.has($from.node(depth).type.name)) continue
    const after = $from.after(depth - 1)
    return editor.chain().insertContentAt(after, { type: "paragraph" })
      .setTextSelection(after + 1).scrollIntoView().run()
  }
  return false
}

// A click on a picture takes its whole figure: to copy, to move, to remove
const Pictures = Extension.create({
  name: "pictures",
  addProseMirrorPlugins: () => [new Plugin({
    props: {
      handleClickOn(view, _pos, node, at, _event, direct) {
        const $at = view.state.doc.resolve(at)
        if (!direct || !node.isAtom || node.isInline || !$at.depth) return false
        const figure = pm.state.NodeSelection.create(view.state.doc, $at.before())
        view.dispatch(view.state.tr.setSelection(figure))
        return true
      },
    },
  })],
})
