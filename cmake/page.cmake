# The explorer's page: web/ is bundled by npm's esbuild and becomes the table fv__page_files of the command
# (serve/page.h). Its packages are not in the repository: npm fetches them once. Without npm, or where they cannot be
# fetched, a plain page says so, and everything else is built as ever.
option(FOVEA_WEB "build the explorer's page (node, npm)" ON)
if(FOVEA_WEB)
  set(page_source ${CMAKE_BINARY_DIR}/web/page_files.c)
  file(GLOB_RECURSE page_inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/* ${CMAKE_SOURCE_DIR}/web/style/*)
  foreach(file build.mjs index.html icon.svg package.json package-lock.json)
    list(APPEND page_inputs ${CMAKE_SOURCE_DIR}/web/${file})
  endforeach()
  list(APPEND page_inputs ${CMAKE_SOURCE_DIR}/tools/page ${CMAKE_SOURCE_DIR}/src/serve/without/page.c)
  # The stamp is left by a finished page alone: a build without one tries again, and says again why.
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/web/page.stamp BYPRODUCTS ${page_source}
                     COMMAND ${CMAKE_SOURCE_DIR}/tools/page ${CMAKE_BINARY_DIR}/web
                     DEPENDS ${page_inputs} COMMENT "The explorer's page" VERBATIM)
  add_custom_target(fovea_page DEPENDS ${CMAKE_BINARY_DIR}/web/page.stamp)
  set_source_files_properties(${page_source} PROPERTIES GENERATED TRUE OBJECT_DEPENDS ${page_source})
endif()
