// The body's editor on <textarea data-prose>. Without JavaScript the markup itself is
// edited. Tiptap's own style element is off (injectCSS): the policy would refuse it, and
// css/admin-prose.css says the same.
//
// What the editor did not touch leaves it as it came, letter by letter; a block that would
// not live through it is kept whole in a box. If even that does not hold, no editor opens.
import {
  Document, Dropcursor, Editor, Extension, Fullscreen, Gapcursor, History, Menu, Plugin,
  SpecialCharacters, Text, crel, pm,
} from "django-prose-editor/editor"
import { extensions, isPlain } from "prose/elements"
import { Elements, blocksOf, finish, meaning, prepare, whole } from "prose/markup"
import { pasted } from "prose/paste"

const GROUPS = [
  { group: "blockType -lists", type: "dropdown", minItems: 2 },
  { group: "lists" },
  { group: "nodes -blockType -lists" },
  { group: "marks" },
  { group: "link" },
  { group: "table" },
  { group: "history" },
  { group: "utility" },
]
const REFUSAL = "This text holds something that the editor would lose. It is shown as "
  + "markup instead, and is saved as you leave it."

// Says at which block the cursor stands, for whoever wants to attach something to it.
const Whereabouts = Extension.create({
  name: "whereabouts",
  addProseMirrorPlugins() {
    return [new Plugin({
      view: (view) => ({
        update: () => {
          const id = view.state.selection.$from.node(1)?.attrs.id
          if (id) view.dom.dispatchEvent(
            new CustomEvent("block", { bubbles: true, detail: { id } }))
        },
      }),
    })]
  },
})

class Prose {
  constructor(textarea) {
    this.textarea = textarea
    const told = JSON.parse(document.getElementById("body-elements").textContent)
    this.elements = new Elements(told.elements)
    this.renamed = told.renamed
    this.element = crel("div", { className: "prose-editor" })
    this.came = new WeakMap() // blocks of the tree, and the markup they came as
    this.closed = new AbortController()
    this.inert = document.implementation.createHTMLDocument()
    this.editor = new Editor({
      element: this.element,
      injectCSS: false,
      editorProps: {
        transformPastedHTML: (html) => pasted(html, this.renamed),
        attributes: {
          class: "prose", role: "textbox", "aria-multiline": "true", "aria-label": "Body",
          spellcheck: "true",
        },
      },
      extensions: [
        Document, Text, Dropcursor, Gapcursor, History, Menu.configure({ groups: GROUPS }),
        SpecialCharacters, Fullscreen, Whereabouts,
        ...extensions(this.elements, textarea.dataset.pictures),
      ],
      onUpdate: () => this.changed(),
    })
  }

  changed() {
    this.textarea.value = this.markup()
    this.textarea.dispatchEvent(new Event("input", { bubbles: true }))
  }

  // From the tree to markup

  markup() {
    const { doc } = this.editor.state
    if (doc.childCount === 1 && doc.firstChild.isTextblock && !doc.firstChild.childCount) {
      return ""
    }
    const written = (node) => this.written(node).map(({ outerHTML }) => outerHTML).join("\n")
    return doc.children.map((node) => this.came.get(node) ?? written(node)).join("\n")
  }

  written(node) {
    const holder = this.inert.createElement("div")
    const serializer = pm.model.DOMSerializer.fromSchema(this.editor.schema)
    holder.append(serializer.serializeNode(node, { document: this.inert }))
    return finish(holder, this.elements)
  }

  // From markup to the tree; whether all of it is there

  load(markup) {
    const blocks = blocksOf(markup, this.elements)
    const nodes = blocks.map((block) => this.node(block) ?? this.parse(whole(block)))
    const { state, view, schema } = this.editor
    const shown = nodes.length ? nodes : [schema.nodes.paragraph.create()]
    view.dispatch(
      state.tr.replaceWith(0, state.doc.content.size, shown)
        .setMeta("addToHistory", false).setMeta("preventUpdate", true)
        .setMeta("preventAutolink", true),
    )
    const { doc } = view.state
    if (doc.childCount !== shown.length) return false
    const isWhole = shown.every((node, at) => node.eq(doc.child(at)))
    blocks.forEach((block, at) => this.came.set(doc.child(at), block.outerHTML))
    return isWhole
  }

  parse(holder) {
    const parser = pm.model.DOMParser.fromSchema(this.editor.schema)
    const doc = parser.parse(holder)
    return doc.childCount === 1 ? doc.firstChild : null
  }

  node(block) {
    const node = this.parse(prepare(block, this.elements))
    return node && !isTorn(node) && this.means(node, block) ? node : null
  }

  means(node, block) {
    const told = (nodes) => meaning(nodes, this.elements, isPlain)
    return told(this.written(node)) === told([block])
  }

  // In the page

  open() {
    if (!this.load(this.textarea.value)) return this.close()
    this.textarea.before(this.element)
    this.element.append(this.textarea)
    this.textarea.addEventListener("put-back", () => {
      if (!this.load(this.textarea.value)) this.close()
    }, { signal: this.closed.signal })
  }

  close() {
    this.closed.abort()
    if (this.element.isConnected) this.element.before(this.textarea)
    this.editor.destroy()
    this.element.remove()
    refuse(this.textarea)
  }
}

function refuse(textarea) {
  textarea.before(crel("p", { className: "banner", role: "note", textContent: REFUSAL }))
}

// A table whose rows are not of one length would be mended, which nobody asked for
function isTorn(node) {
  let torn = false
  const look = (inner) => {
    if (inner.type.spec.tableRole === "table") torn ||= pm.tables.TableMap.get(inner).problems
  }
  look(node)
  node.descendants(look)
  return Boolean(torn)
}

for (const textarea of document.querySelectorAll("textarea[data-prose]")) {
  try {
    new Prose(textarea).open()
  } catch (error) {
    refuse(textarea)
    throw error
  }
}
