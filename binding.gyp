# Builds with node-gyp what CMakeLists.txt builds with cmake-js, for machines without CMake.
{
  'target_defaults': {
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
    'cflags_cc': ['-std=c++17', '-fvisibility=hidden', '-O3'],
    'defines': ['SIMDJSON_EXCEPTIONS=0'],
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
    },
    'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['/std:c++17', '/utf-8']}},
  },
  'targets': [
    {
      'target_name': 'simdjson',
      'type': 'static_library',
      'sources': ['node_modules/@nozbe/simdjson/src/simdjson.cpp'],
      'cflags_cc': ['-w'],
    },
    {
      'target_name': 'kubesentiment',
      'dependencies': ['simdjson'],
      'sources': [
        'native/addon.cc',
        '<!@(node -p "require(\'fs\').readFileSync(\'native/sources.txt\', \'utf8\')")',
      ],
      'include_dirs': ['native'],
      'defines': ['NAPI_VERSION=8', 'NAPI_DISABLE_CPP_EXCEPTIONS'],
      'cflags_cc': [
        '-Wall',
        '-Wextra',
        '-Werror',
        '-fno-rtti',
        '-isystem <(module_root_dir)/node_modules/node-addon-api',
        '-isystem <(module_root_dir)/node_modules/@nozbe/simdjson/src',
      ],
      'conditions': [
        [
          'OS=="mac" or OS=="win"',
          {'include_dirs': ['node_modules/node-addon-api', 'node_modules/@nozbe/simdjson/src']},
        ],
      ],
    },
  ],
}
