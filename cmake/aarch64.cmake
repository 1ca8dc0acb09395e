# Toolchain for 64-bit ARM from any machine with Debian's gcc-aarch64-linux-gnu and qemu-user. FOVEA_AARCH64 is a folder
# with the libraries of such a machine, which tools/test-aarch64 makes.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FOVEA_AARCH64)
set(CMAKE_SYSROOT ${FOVEA_AARCH64})
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${FOVEA_AARCH64})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${FOVEA_AARCH64})
set(ENV{PKG_CONFIG_LIBDIR} ${FOVEA_AARCH64}/usr/lib/aarch64-linux-gnu/pkgconfig)
