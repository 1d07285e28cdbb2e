-- After citeproc: what Word and JATS would keep as document properties is only what a reader may see.

local SHOWN = pandoc.List({ 'title', 'subtitle', 'author', 'date', 'abstract', 'keywords', 'lang' })

function Meta(meta)
  for name in pairs(meta) do
    if not SHOWN:includes(name) then meta[name] = nil end
  end
  return meta
end
