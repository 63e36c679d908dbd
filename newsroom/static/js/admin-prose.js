// The body's editor on <textarea data-prose>. Without JavaScript the markup itself is
// edited. Tiptap's own style element is off (injectCSS): the policy would refuse it, and
// css/admin-prose.css says the same.
import {
  Blockquote, Bold, BulletList, Code, Document, Dropcursor, Editor, Extension, Fullscreen,
  Gapcursor, HardBreak, Heading, History, Italic, Link, ListItem, Menu, OrderedList,
  Paragraph, Plugin, SpecialCharacters, Strike, Subscript, Superscript, Table, TableCell,
  TableHeader, TableRow, Text, crel,
} from "django-prose-editor/editor"

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

// Evidence hangs on blocks by their ids, so the ids must live through editing.
const BlockIds = Extension.create({
  name: "blockIds",
  addGlobalAttributes() {
    return [{
      types: ["paragraph", "heading", "blockquote", "bulletList", "orderedList", "table"],
      attributes: {
        id: {
          default: null,
          keepOnSplit: false,
          parseHTML: (element) => element.id || null,
          renderHTML: (attributes) => (attributes.id ? { id: attributes.id } : {}),
        },
      },
    }]
  },
})

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

function empty(html) {
  return /^<(\w+)(\s[^>]*)?><\/\1>$/.test(html) ? "" : html
}

function edit(textarea) {
  const element = crel("div", { className: "prose-editor" })
  textarea.before(element)
  element.append(textarea)
  const editor = new Editor({
    element,
    injectCSS: false,
    content: textarea.value,
    editorProps: {
      attributes: {
        role: "textbox", "aria-multiline": "true", "aria-label": "Body", spellcheck: "true",
      },
    },
    extensions: [
      Document, Paragraph, Text, Dropcursor, Gapcursor, History,
      Menu.configure({ groups: GROUPS }),
      Heading.configure({ levels: [2, 3] }), Blockquote, BulletList, OrderedList, ListItem,
      HardBreak, Bold, Italic, Strike, Code, Subscript, Superscript,
      Link.configure({ enableTarget: false }),
      Table.configure({ resizable: false }), TableRow, TableHeader, TableCell,
      SpecialCharacters, Fullscreen, BlockIds, Whereabouts,
    ],
    onUpdate: ({ editor }) => {
      textarea.value = empty(editor.getHTML())
      textarea.dispatchEvent(new Event("input", { bubbles: true }))
    },
  })
  textarea.addEventListener("put-back", () => editor.commands.setContent(textarea.value))
}

for (const textarea of document.querySelectorAll("textarea[data-prose]")) edit(textarea)
