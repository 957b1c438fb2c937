/** Preloaded into an emulated Node: what it starts as itself is the script that emulates it. */
process.execPath = process.env.KUBESENTIMENT_EXEC_PATH;
// The script adds this file again for what the process starts.
const options = process.env.NODE_OPTIONS ?? '';
process.env.NODE_OPTIONS = options.replace(`--import=${import.meta.filename}`, '').trim();
