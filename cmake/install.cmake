# make install: headers, both libraries, the command, pkg-config. The .pc file finds its prefix from where it lies, so a
# staged or moved installation works; static users get the codecs from Libs.private.
include(GNUInstallDirs)
install(TARGETS fovea_static fovea_shared ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
                                          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/fovea ${CMAKE_BINARY_DIR}/generated/include/fovea
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
if(TARGET fovea)
  install(TARGETS fovea RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

file(RELATIVE_PATH FOVEA_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" FOVEA_PC_TO_PREFIX "${FOVEA_PC_TO_PREFIX}")
list(JOIN FOVEA_DEPS_LDFLAGS " " FOVEA_PC_PRIVATE)
configure_file(${CMAKE_SOURCE_DIR}/cmake/fovea.pc.in ${CMAKE_BINARY_DIR}/fovea.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/fovea.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The tools library (figures, fetching, the explorer) comes with its own headers and its own .pc file.
if(TARGET fovea_tools_static AND EXISTS ${CMAKE_SOURCE_DIR}/include/fovea-tools)
  install(TARGETS fovea_tools_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/fovea-tools DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  list(JOIN FOVEA_CAIRO_LDFLAGS " " FOVEA_PC_CAIRO)
  if(FOVEA_MICROHTTPD_FOUND)
    set(FOVEA_PC_TOOLS "-ljansson -lz")
  endif()
  if(FOVEA_EXPAT_FOUND)
    string(APPEND FOVEA_PC_TOOLS " -lexpat")
  endif()
  configure_file(${CMAKE_SOURCE_DIR}/cmake/fovea-tools.pc.in ${CMAKE_BINARY_DIR}/fovea-tools.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/fovea-tools.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
