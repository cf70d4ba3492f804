# vde_unity(TARGET): compiles the files of each folder of the target as one, which takes a third of the
# time. What is local to a file must then have a name of its own in its folder.
function(vde_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} DIRECTORY)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "files_of_${folder}")
  endforeach()
endfunction()
