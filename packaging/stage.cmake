# What Debian wants of the files of a package, after they are installed into a folder of their own and
# before they are packed: compressed manual pages and changelog, libraries without debug information.
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(GLOB_RECURSE texts "${root}/*.[1-8]" "${root}/changelog")
run(gzip -9 -n ${texts})

file(GLOB_RECURSE libraries "${root}/*.a")
foreach(library IN LISTS libraries)
  run(strip --strip-debug --enable-deterministic-archives --remove-section=.comment
    --remove-section=.note ${library})
endforeach()
