# libfovea-tools: what the command has and the library does not: figures (cairo).
pkg_check_modules(FOVEA_CAIRO REQUIRED cairo)
file(GLOB_RECURSE tool_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/figure/*.c)
if(tool_sources)
  add_library(fovea_tools_static STATIC ${tool_sources})
  set_target_properties(fovea_tools_static PROPERTIES OUTPUT_NAME fovea-tools ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  target_include_directories(fovea_tools_static PUBLIC ${FOVEA_INCLUDES}
                             PRIVATE ${CMAKE_SOURCE_DIR}/src ${FOVEA_CAIRO_INCLUDE_DIRS})
  target_link_libraries(fovea_tools_static PUBLIC fovea_static PRIVATE ${FOVEA_CAIRO_LINK_LIBRARIES} m)
endif()
