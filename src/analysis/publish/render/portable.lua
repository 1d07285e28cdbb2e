-- What Quarto does to a text and Pandoc does not: numbered captions and sections, cross-references,
-- callouts, alternative texts; and, in HTML, the way from a number to the notebook cell that made it.

local html = FORMAT:match('html') ~= nil
local typst = FORMAT:match('typst') ~= nil
local docx = FORMAT:match('docx') ~= nil
local jats = FORMAT:match('jats') ~= nil

local NAMES = { fig = 'Figure', tbl = 'Table', eq = 'Equation', sec = 'Section' }
local TITLES = { note = 'Note', tip = 'Tip', important = 'Important', caution = 'Caution', warning = 'Warning' }
local NBSP = '\u{a0}'

local numbers = {}
local counts = { fig = 0, tbl = 0, eq = 0 }
local value_links = VALUE_LINKS or {} -- of what this document prints, see formats.lua
local printed = 0 -- numbers printed so far: each has an id, so that its card can lead back to the sentence
local numbering = false

local function kind_of(id)
  return id:match('^(fig)%-') or id:match('^(tbl)%-') or id:match('^(eq)%-') or id:match('^(sec)%-')
end

local function count(kind, id)
  counts[kind] = counts[kind] + 1
  numbers[id] = tostring(counts[kind])
  return numbers[id]
end

-- Sections ------------------------------------------------------------------------------------------

local function number_sections(doc)
  local top = 7
  for _, block in ipairs(doc.blocks) do
    if block.t == 'Header' and block.level < top then top = block.level end
  end
  local at = {}
  for _, block in ipairs(doc.blocks) do
    if block.t == 'Header' and not block.classes:includes('unnumbered') then
      local depth = block.level - top + 1
      at[depth] = (at[depth] or 0) + 1
      for deeper = depth + 1, 7 do at[deeper] = nil end
      local parts = {}
      for level = 1, depth do parts[level] = tostring(at[level] or 0) end
      local number = table.concat(parts, '.')
      numbers[block.identifier] = number
      block.content:insert(1, pandoc.Space())
      block.content:insert(1, pandoc.Span({ pandoc.Str(number) }, pandoc.Attr('', { 'header-section-number' })))
    end
  end
end

-- Captions and labels -------------------------------------------------------------------------------

local function put_caption_number(element, kind)
  local lead = pandoc.Inlines({ pandoc.Str(NAMES[kind] .. NBSP .. count(kind, element.identifier) .. ':') })
  -- The number of a table or figure leads to the cell that made it.
  local made = value_links[element.identifier]
  if html and made then lead = pandoc.Inlines({ pandoc.Link(lead, made.href, made.title, pandoc.Attr('', { 'made' })) }) end
  if html then lead = pandoc.Inlines({ pandoc.Span(lead, pandoc.Attr('', { 'caption-number' })) }) end
  if typst or docx then lead = pandoc.Inlines({ pandoc.Strong(lead) }) end
  lead:insert(pandoc.Space())
  local first = element.caption.long[1]
  if first then
    first.content = lead .. first.content
  else
    element.caption.long = pandoc.Blocks({ pandoc.Plain(lead) })
  end
end

local function typst_string(text)
  return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"') .. '"'
end

local function with_alt(figure)
  return figure:walk({
    Image = function(image)
      local alt = image.attributes['fig-alt'] or image.attributes['alt']
      image.attributes['fig-alt'] = nil
      image.attributes['alt'] = nil
      if not alt then return image end
      if typst then
        local call = '#picture(%s, %s)'
        return pandoc.RawInline('typst', call:format(typst_string(image.src), typst_string(alt)))
      end
      -- The writer of JATS puts the text in as it is given.
      if jats then alt = alt:gsub('[&<>]', { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;' }) end
      image.caption = pandoc.Inlines({ pandoc.Str(alt) })
      if html then
        image.attributes.alt = alt
        image.attributes.loading = 'lazy' -- the text is there before forty drawings are
        return pandoc.Link({ image }, image.src, 'Open the figure alone', pandoc.Attr('', { 'full-size' }))
      end
      return image
    end,
  })
end

local function figure(element)
  if kind_of(element.identifier) ~= 'fig' then return nil end
  put_caption_number(element, 'fig')
  return with_alt(element), false
end

-- How much smaller than usual a printed table is set so that the longest words of its columns stand side by side.
local PAGE, GAP, LINES, NARROWEST = 103, 3, 7, 18 -- as in tables.py
local function scale_of(element)
  local simple = pandoc.utils.to_simple_table(element)
  local rows = pandoc.List({ simple.headers }) .. simple.rows
  local total = 0
  for column = 1, #element.colspecs do
    local longest = 1
    for _, row in ipairs(rows) do
      local cell = pandoc.utils.stringify(row[column] or {})
      longest = math.max(longest, math.min(NARROWEST, (utf8.len(cell) or #cell) // LINES))
      for word in cell:gmatch('[^%s-]+-?') do
        longest = math.max(longest, utf8.len(word) or #word)
      end
    end
    total = total + longest + GAP
  end
  return math.min(1, PAGE / total)
end

-- A table that would be set too small to read gets a page of its own, on its side.
local SMALLEST, SIDEWAYS = 0.75, (297 - 50) / (210 - 50)
local function fitted(element, scale)
  local open, close = '#[', ']'
  if scale < SMALLEST then
    open, close, scale = '#page(flipped: true)[', ']', math.max(0.6, math.min(1, scale * SIDEWAYS))
  end
  local set = open .. '\n#show table: set text(size: %.2fpt)\n#set table(inset: (x: %.2fpt, y: 4pt))'
  return { pandoc.RawBlock('typst', set:format(8.8 * scale, 5 * scale)), element, pandoc.RawBlock('typst', close) }
end

local function scrolled(element)
  if kind_of(element.identifier) == 'tbl' then put_caption_number(element, 'tbl') end
  local scale = typst and scale_of(element) or 1
  if scale < 1 then return fitted(element, scale), false end
  if not html then return element end
  local name = pandoc.utils.stringify(element.caption.long)
  -- Pairs, not a table with keys: Lua's order of keys changes from run to run, and the bytes with it.
  local attributes = { { 'role', 'region' }, { 'tabindex', '0' }, { 'aria-label', name ~= '' and name or 'Table' } }
  -- `false`: do not descend, or the table inside would be wrapped again without end.
  return pandoc.Div({ element }, pandoc.Attr('', { 'table-scroll' }, attributes)), false
end

-- Equations: $$ … $$ {#eq-x} ------------------------------------------------------------------------

local function equation(paragraph)
  local content = paragraph.content
  local math, label = content[1], content[#content]
  if not math or math.t ~= 'Math' or math.mathtype ~= 'DisplayMath' or label.t ~= 'Str' then return nil end
  local id = label.text:match('^{#(eq%-[%w_-]+)}$')
  if not id then return nil end
  local number = count('eq', id)
  if typst then
    local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), 'typst'):gsub('%s+$', '')
    local call = '#math.equation(block: true, numbering: _ => [(%s)], alt: %s, %s) <%s>'
    return pandoc.RawBlock('typst', call:format(number, typst_string(math.text), body, id))
  end
  local tag = pandoc.Span({ pandoc.Str('(' .. number .. ')') }, pandoc.Attr('', { 'equation-number' }))
  return pandoc.Div({ pandoc.Plain({ math, pandoc.Space(), tag }) }, pandoc.Attr(id, { 'equation' }, html and { { 'tabindex', '0' } } or {})), false
end

local function math(element)
  if not typst then return nil end
  local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ element }) }), 'typst'):gsub('%s+$', '')
  local block = element.mathtype == 'DisplayMath' and 'true' or 'false'
  local call = '#math.equation(block: %s, alt: %s, %s)'
  return pandoc.RawInline('typst', call:format(block, typst_string(element.text), body))
end

-- Callouts ------------------------------------------------------------------------------------------

local function callout(div)
  if div.classes:includes('callout') then return nil end -- already made
  local kind = nil
  for _, class in ipairs(div.classes) do kind = kind or class:match('^callout%-(%w+)$') end
  if not TITLES[kind] then return nil end
  local title = div.attributes.title
  local content = div.content
  if not title and content[1] and content[1].t == 'Header' then
    title = pandoc.utils.stringify(content[1])
    content:remove(1)
  end
  title = title or TITLES[kind]
  if typst then
    local blocks = pandoc.Blocks({ pandoc.RawBlock('typst', '#callout(' .. typst_string(kind) .. ', ' .. typst_string(title) .. ')[') })
    blocks:extend(content)
    blocks:insert(pandoc.RawBlock('typst', ']'))
    return blocks
  end
  if docx then
    local blocks = pandoc.Blocks({ pandoc.Div({ pandoc.Para({ pandoc.Strong({ pandoc.Str(title) }) }) },
      pandoc.Attr('', {}, { ['custom-style'] = 'Callout Title' })) })
    blocks:insert(pandoc.Div(content, pandoc.Attr('', {}, { ['custom-style'] = 'Callout' })))
    return blocks
  end
  if jats then
    content:insert(1, pandoc.Para({ pandoc.Strong({ pandoc.Str(title) }) }))
    return content
  end
  local head = pandoc.Div({ pandoc.Plain({ pandoc.Str(title) }) }, pandoc.Attr('', { 'callout-title' }))
  content:insert(1, head)
  local attr = pandoc.Attr(div.identifier, { 'callout', 'callout-' .. kind }, { { 'role', 'note' }, { 'aria-label', title } })
  return pandoc.Div(content, attr)
end

-- Cross-references and values -----------------------------------------------------------------------

local function reference(cite)
  local citation = cite.citations[1]
  local kind = kind_of(citation.id)
  if not kind or #cite.citations ~= 1 then return nil end
  local number = numbers[citation.id]
  if not number then error('unresolved cross-reference @' .. citation.id) end
  local text = number
  if citation.mode ~= 'SuppressAuthor' then text = NAMES[kind] .. NBSP .. number end
  local before, after = citation.prefix, citation.suffix
  local link = pandoc.Link({ pandoc.Str(text) }, '#' .. citation.id, '', pandoc.Attr('', { 'cross-reference' }))
  local inlines = pandoc.Inlines({})
  inlines:extend(before)
  if #before > 0 then inlines:insert(pandoc.Space()) end
  inlines:insert(link)
  inlines:extend(after)
  return inlines
end

local function value(span)
  if not span.classes:includes('value') then return nil end
  local target = value_links[span.attributes.name]
  if not html or not target then return span.content end
  -- A number stays on one line; a whole sentence held as a value is set like any other text.
  local long = #pandoc.utils.stringify(span.content) > 30
  printed = printed + 1
  local attr = pandoc.Attr('printed-' .. printed, long and { 'value', 'sentence' } or { 'value' }, { ['data-value'] = span.attributes.name })
  return pandoc.Link(span.content, target.href, target.title, attr)
end

-- Links between documents name the source, as Quarto wants it: in HTML the page, elsewhere no link.
local function between(link)
  local stem, anchor = link.target:match('^([%w_-]+)%.qmd(#?.*)$')
  if not stem then return nil end
  if not html then return link.content end
  link.target = stem .. '.html' .. anchor
  return link
end

-- In print a list of places gives pages too: `::: {.with-pages}`.
local function pages(div)
  if not div.classes:includes('with-pages') then return nil end
  if not typst then return div end
  return div:walk({
    Link = function(link)
      if not link.classes:includes('cross-reference') then return nil end
      local page = ', p.~#context counter(page).at(<%s>).first()'
      return { link, pandoc.RawInline('typst', page:format(link.target:sub(2))) }
    end,
  })
end

local function fact(span)
  if span.classes:includes('fact') then return span.content end
end

function Meta(meta)
  numbering = meta['number-sections'] == true
  return meta
end

local function sections(doc)
  if numbering then number_sections(doc) end
  return doc
end

-- A reference may stand before what it points at, so references come in a pass of their own.
return {
  { Meta = Meta },
  { Pandoc = sections },
  { traverse = 'topdown', Figure = figure, Table = scrolled, Para = equation, Math = math, Div = callout },
  -- Blocks come after all inlines, so that the pages find the references made.
  { Link = between, Cite = reference, Span = function(span) return value(span) or fact(span) end, Div = pages },
}
