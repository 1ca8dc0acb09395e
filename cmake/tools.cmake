# libfovea-tools: what the command has and the library does not: figures (cairo), fetching (libcurl, libcrypto) and the
# explorer (libmicrohttpd).
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

option(FOVEA_EXPLORE "fovea explore: the explorer's server" ON)
set(FOVEA_MICROHTTPD_FOUND FALSE)
if(FOVEA_EXPLORE)
  pkg_check_modules(FOVEA_MICROHTTPD libmicrohttpd>=0.9.73)
  if(NOT FOVEA_MICROHTTPD_FOUND)
    message(WARNING "fovea explore is left out: it needs libmicrohttpd 0.9.73 or newer (tools/setup installs it)")
  endif()
endif()
if(FOVEA_MICROHTTPD_FOUND)
  # Routes by file name, as all parts; the page is part of the program, or a plain page says that it was left out.
  fovea_parts(serve/routes routes fv__route_family serve/route.h)
  set(page_source ${CMAKE_SOURCE_DIR}/src/serve/without/page.c)
  include(cmake/page.cmake)
  file(GLOB serve_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/serve/*.c ${CMAKE_SOURCE_DIR}/src/serve/routes/*.c)
  list(APPEND serve_sources ${CMAKE_BINARY_DIR}/generated/routes_table.c ${page_source})
else()
  file(GLOB serve_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/serve/without/explore.c)
endif()

option(FOVEA_VOC "Pascal VOC's annotations" ON)
set(FOVEA_EXPAT_FOUND FALSE)
if(FOVEA_VOC)
  pkg_check_modules(FOVEA_EXPAT expat)
  if(NOT FOVEA_EXPAT_FOUND)
    message(WARNING "Pascal VOC's annotations are left out: they need expat (tools/setup installs it)")
  endif()
endif()
if(FOVEA_EXPAT_FOUND)
  file(GLOB voc_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/voc/*.c)
else()
  file(GLOB voc_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/voc/without/*.c)
endif()

file(GLOB_RECURSE tool_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/figure/*.c)
add_library(fovea_tools_static STATIC ${tool_sources} ${fetch_sources} ${serve_sources} ${voc_sources})
if(TARGET fovea_page)
  add_dependencies(fovea_tools_static fovea_page)
endif()
set_target_properties(fovea_tools_static PROPERTIES OUTPUT_NAME fovea-tools ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_include_directories(fovea_tools_static PUBLIC ${FOVEA_INCLUDES}
                           PRIVATE ${CMAKE_SOURCE_DIR}/src ${FOVEA_CAIRO_INCLUDE_DIRS} ${FOVEA_CURL_INCLUDE_DIRS}
                                   ${FOVEA_MICROHTTPD_INCLUDE_DIRS} ${FOVEA_EXPAT_INCLUDE_DIRS}
                                   ${FOVEA_DEPS_INCLUDE_DIRS})
target_link_libraries(fovea_tools_static PUBLIC fovea_static
                      PRIVATE ${FOVEA_CAIRO_LINK_LIBRARIES} ${FOVEA_EXPAT_LINK_LIBRARIES} ${FOVEA_DEPS_LINK_LIBRARIES} Threads::Threads
                              ${CMAKE_DL_LIBS} m) # fetching and serving load what they need
