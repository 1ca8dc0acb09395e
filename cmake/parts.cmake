# fovea_parts(ROOM TYPE HEADER): every src/ROOM/*.c is a part and ends in one constant `const TYPE fv__SINGULAR_NAME`,
# NAME being the file's. Writes a table of all of them to the build folder and adds it to FOVEA_SOURCES. A file without
# its descriptor is a link error.
function(fovea_parts room singular type header)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.c)
  set(externs "")
  set(entries "")
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    string(APPEND externs "extern const ${type} fv__${singular}_${name};\n")
    string(APPEND entries "    &fv__${singular}_${name},\n")
  endforeach()
  set(text "/* Made by the build from the names of the files in src/${room}. */\n#include \"${header}\"\n\n${externs}\n")
  string(APPEND text "const ${type} *const fv__${singular}_table[] = {\n${entries}    NULL,\n};\n")
  set(out ${CMAKE_BINARY_DIR}/generated/${singular}_table.c)
  file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
  set(FOVEA_SOURCES ${FOVEA_SOURCES} ${out} PARENT_SCOPE)
endfunction()

# The umbrella of the layer headers, <fovea/layers.h>.
file(GLOB layer_headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/include/fovea/layers/*.h)
set(umbrella "/* Every layer; made by the build from include/fovea/layers. */\n#ifndef FOVEA_LAYERS_H\n#define FOVEA_LAYERS_H\n\n")
foreach(header ${layer_headers})
  string(APPEND umbrella "#include <${header}>\n")
endforeach()
string(APPEND umbrella "\n#endif\n")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/include/fovea/layers.h CONTENT "${umbrella}" @ONLY)
