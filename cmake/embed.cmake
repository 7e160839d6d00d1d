# Writes files as byte arrays and a table sorted by name: of a Lua file that of its module, of any
# other file its path. Arguments: OUT, ROOT, FILES ("a|b|c", relative to ROOT) and ARGPARSE (the
# installed argparse.lua).

string(REPLACE "|" ";" FILES "${FILES}")
set(entries "")
foreach(path IN LISTS FILES)
  set(name "${path}")
  if(path MATCHES "\\.lua$")
    string(REGEX REPLACE "\\.lua$" "" name "${path}")
    string(REGEX REPLACE "^lualib/" "" name "${name}")
    string(REGEX REPLACE "/init$" "" name "${name}")
    string(REPLACE "/" "." name "${name}")
  endif()
  list(APPEND entries "${name}!${path}!${ROOT}/${path}") # "!" sorts before all of a name
endforeach()
list(APPEND entries "argparse!argparse.lua!${ARGPARSE}")
list(SORT entries)

set(arrays "")
set(table "")
set(n 0)
foreach(entry IN LISTS entries)
  string(REPLACE "!" ";" entry "${entry}")
  list(GET entry 0 name)
  list(GET entry 1 chunk)
  list(GET entry 2 file)
  file(READ "${file}" hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char f${n}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", \"@${chunk}\", f${n}, ${size}},\n")
  math(EXPR n "${n} + 1")
endforeach()

file(WRITE "${OUT}.new" "#include \"host.h\"\n${arrays}
const struct host_embedded host_embedded[] = {\n${table}};\nconst size_t host_embedded_count = ${n};\n")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different "${OUT}.new" "${OUT}")
file(REMOVE "${OUT}.new")
