# make install: headers, both libraries, the command, pkg-config.
include(GNUInstallDirs)
install(TARGETS fovea_static fovea_shared ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/fovea ${CMAKE_BINARY_DIR}/generated/include/fovea
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET fovea)
  install(TARGETS fovea RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
