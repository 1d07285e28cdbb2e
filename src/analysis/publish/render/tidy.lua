-- After citeproc: what Word and JATS would keep as document properties is only what a reader may see.

local SHOWN = pandoc.List({ 'title', 'subtitle', 'author', 'date', 'abstract', 'keywords', 'lang' })

-- Paragraphs that begin with a bold word and a full stop are parts of a structured abstract: JATS has elements for them.
local function structured(abstract)
  local sections = pandoc.Blocks({})
  for _, block in ipairs(abstract) do
    local first = block.t == 'Para' and block.content[1]
    if not first or first.t ~= 'Strong' then return abstract end
    local title = pandoc.utils.stringify(first):gsub('%.$', '')
    block.content:remove(1)
    if block.content[1] and block.content[1].t == 'Space' then block.content:remove(1) end
    sections:insert(pandoc.RawBlock('jats', '<sec><title>' .. title:gsub('&', '&amp;'):gsub('<', '&lt;') .. '</title>'))
    sections:insert(block)
    sections:insert(pandoc.RawBlock('jats', '</sec>'))
  end
  return sections
end

function Meta(meta)
  for name in pairs(meta) do
    if not SHOWN:includes(name) then meta[name] = nil end
  end
  if FORMAT:match('jats') then
    meta.article = { type = 'research-article' }
    if pandoc.utils.type(meta.abstract) == 'Blocks' then meta.abstract = structured(meta.abstract) end
  end
  return meta
end
