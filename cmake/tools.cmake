# libfovea-tools: what the command has and the library does not: figures (cairo) and fetching (libcurl, libcrypto).
pkg_check_modules(FOVEA_CAIRO REQUIRED cairo)
option(FOVEA_FETCH "fovea pull: fetch weights by name" ON)
set(FOVEA_CURL_FOUND FALSE)
if(FOVEA_FETCH)
  pkg_check_modules(FOVEA_CURL libcurl>=7.85 libcrypto)
  if(NOT FOVEA_CURL_FOUND)
    message(WARNING "fovea pull is left out: it needs libcurl 7.85 or newer and libcrypto (tools/setup installs them)")
  endif()
endif()
if(FOVEA_CURL_FOUND)
  set(fetch_folder ${CMAKE_SOURCE_DIR}/src/fetch)
else()
  set(fetch_folder ${CMAKE_SOURCE_DIR}/src/fetch/without)
endif()
file(GLOB fetch_sources CONFIGURE_DEPENDS ${fetch_folder}/*.c)
file(GLOB_RECURSE tool_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/figure/*.c)
add_library(fovea_tools_static STATIC ${tool_sources} ${fetch_sources})
set_target_properties(fovea_tools_static PROPERTIES OUTPUT_NAME fovea-tools ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_include_directories(fovea_tools_static PUBLIC ${FOVEA_INCLUDES}
                           PRIVATE ${CMAKE_SOURCE_DIR}/src ${FOVEA_CAIRO_INCLUDE_DIRS} ${FOVEA_CURL_INCLUDE_DIRS})
target_link_libraries(fovea_tools_static PUBLIC fovea_static
                      PRIVATE ${FOVEA_CAIRO_LINK_LIBRARIES} ${CMAKE_DL_LIBS} m) # fetching loads what it needs
