-- One document in every format: its text is read once, which takes as long as writing a format, and each format is
-- what `pandoc --standalone --lua-filter=… --citeproc` makes of it. Run as `pandoc lua formats.lua`; the job is JSON on
-- standard input (see pandoc.py), and the name of each finished file is printed as soon as it is there.

local job = pandoc.json.decode(io.read('a'), false)

local function content_of(name)
  local file = assert(io.open(name, 'rb'))
  local content = file:read('a')
  file:close()
  return content
end

-- Strings of the metadata are Markdown, as they are in `--metadata-file`.
local doc = pandoc.read(job.text, job.reader, { columns = 72 }) -- as on the command line: it decides which tables get widths
local given = pandoc.read('---\n' .. job.metadata .. '\n---\n', job.reader)
for name, value in pairs(given.meta) do
  if doc.meta[name] == nil then doc.meta[name] = value end
end

VALUE_LINKS = job.links -- the filter asks for them

local function shifted(document, by)
  if by == 0 then return document end
  return document:walk({ Header = function(header)
    header.level = header.level + by
    return header
  end })
end

local function with_extension(document, extension)
  return document:walk({ Image = function(image)
    local _, suffix = pandoc.path.split_extension(image.src)
    if suffix == '' then
      image.src = image.src .. '.' .. extension
      return image
    end
  end })
end

for _, output in ipairs(job.outputs) do
  FORMAT = output.format -- the filters ask for it
  local options = output.options
  options.template = pandoc.template.compile(output.template and content_of(output.template) or pandoc.template.default(FORMAT))
  local document = with_extension(shifted(doc, output.shift), output.extension)
  document = pandoc.utils.run_lua_filter(document, job.portable)
  document = pandoc.utils.citeproc(document)
  if output.tidy then document = pandoc.utils.run_lua_filter(document, output.tidy) end
  local made = pandoc.write(document, FORMAT, options)
  local file = assert(io.open(output.file, 'wb'))
  file:write(made)
  file:close()
  print(output.file)
  io.stdout:flush()
end
