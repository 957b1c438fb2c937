# Builds with node-gyp what CMakeLists.txt builds with cmake-js, for machines without CMake.
{
  'targets': [
    {
      'target_name': 'kubesentiment',
      'sources': ['<!@(node -p "require(\'fs\').readFileSync(\'native/sources.txt\', \'utf8\')")'],
      'include_dirs': ['native'],
      # The last one: a worker that is ended during a call can no longer throw, which must not end the process.
      'defines': [
        'NAPI_VERSION=8',
        'NAPI_DISABLE_CPP_EXCEPTIONS',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': [
        '-std=c++17',
        '-O3',
        '-fvisibility=hidden',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-isystem <(module_root_dir)/node_modules/node-addon-api',
      ],
      'xcode_settings': {
        'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
        'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
        'GCC_OPTIMIZATION_LEVEL': '3',
        'MACOSX_DEPLOYMENT_TARGET': '11.0',
        'OTHER_CPLUSPLUSFLAGS': ['-isystem', '<(module_root_dir)/node_modules/node-addon-api'],
      },
    },
  ],
}
