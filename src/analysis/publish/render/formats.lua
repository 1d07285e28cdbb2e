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

-- Pixels of a PNG and its dots per inch, as Pandoc rounds them; nothing where the file is not one, or not whole before its pixels.
local function size_of(file)
  if file:read(8) ~= '\137PNG\r\n\26\n' then return nil end
  local width, height, across, down
  while true do
    local head = file:read(8)
    if not head or #head < 8 then return nil end
    local length, kind = string.unpack('>I4c4', head)
    if kind == 'IDAT' then return width, height, across or 72, down or 72 end
    local content = (kind == 'IHDR' or kind == 'pHYs') and file:read(length) or ''
    if kind == 'IHDR' and #content >= 8 then width, height = string.unpack('>I4I4', content) end
    if kind == 'pHYs' and #content >= 9 then
      local x, y, unit = string.unpack('>I4I4B', content)
      if unit == 1 then across, down = x * 254 // 10000, y * 254 // 10000 end -- per metre
    end
    file:seek('cur', length - #content + 4) -- the checksum
  end
end

-- Word's writer decodes a whole picture to learn its size, unless the document says it. What is odd is left to it.
local function set_size(image)
  if image.attributes.width or image.attributes.height then return end
  local file = io.open(image.src, 'rb')
  if not file then return end
  local width, height, across, down = size_of(file)
  file:close()
  if not width or across == 0 or down == 0 then return end
  -- Pandoc cuts the size off at a whole 914400th of an inch: what would be one exactly must not fall short of it.
  image.attributes.width = string.format('%.12fin', width / across + 1e-11)
  image.attributes.height = string.format('%.12fin', height / down + 1e-11)
end

local function prepared(document, output)
  return document:walk({
    Header = output.shift ~= 0 and function(header)
      header.level = header.level + output.shift
      return header
    end or nil,
    Image = function(image)
      local _, suffix = pandoc.path.split_extension(image.src)
      if suffix == '' then image.src = image.src .. '.' .. output.extension end
      if FORMAT == 'docx' then set_size(image) end
      return image
    end,
  })
end

for _, output in ipairs(job.outputs) do
  FORMAT = output.format -- the filters ask for it
  local options = output.options
  options.template = pandoc.template.compile(output.template and content_of(output.template) or pandoc.template.default(FORMAT))
  local document = prepared(doc, output)
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
