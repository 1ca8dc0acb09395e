# The explorer's page: web/ is bundled by npm's esbuild and becomes the table fv__page_files of the command
# (serve/page.h). Nothing of it is in the repository, so npm fetches its packages once; without npm, or where they cannot
# be fetched, the table holds one plain page that says so, and everything else is built as ever.
option(FOVEA_WEB "build the explorer's page (node, npm)" ON)
set(FOVEA_PAGE_TABLE ${CMAKE_BINARY_DIR}/web/page_files.c)
file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/* ${CMAKE_SOURCE_DIR}/web/style/*)
list(APPEND page_sources ${CMAKE_SOURCE_DIR}/web/build.mjs ${CMAKE_SOURCE_DIR}/web/index.html ${CMAKE_SOURCE_DIR}/web/icon.svg
     ${CMAKE_SOURCE_DIR}/web/package.json ${CMAKE_SOURCE_DIR}/web/package-lock.json ${CMAKE_SOURCE_DIR}/tools/page)
set(page_command ${CMAKE_SOURCE_DIR}/tools/page ${CMAKE_BINARY_DIR}/web)
if(NOT FOVEA_WEB)
  list(APPEND page_command --plain "FOVEA_WEB is off")
endif()
# The stamp is written only with the finished page: a build without one tries again, and repeats why.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/web/page.stamp BYPRODUCTS ${FOVEA_PAGE_TABLE}
                   COMMAND ${page_command} DEPENDS ${page_sources} COMMENT "The explorer's page" VERBATIM)
add_custom_target(fovea_page DEPENDS ${CMAKE_BINARY_DIR}/web/page.stamp)
set_source_files_properties(${FOVEA_PAGE_TABLE} PROPERTIES GENERATED TRUE)
