import type { Rule } from './rule.ts';

/** Where the other processes of the group are asked how they are. */
export const peerRules: readonly Rule[] = [
  {
    keys: ['http.peers'],
    check: ({ http: { peers = [] } }) => {
      const wrong = peers.findIndex((url) => !URL.canParse(url));
      return wrong !== -1 && `entry ${wrong + 1} is not a valid address; write it like http://10.0.0.7:8000`;
    },
  },
  {
    keys: ['http.peers_token', 'http.peers'],
    check: ({ http: { peers, peers_token: token } }) =>
      token !== undefined && peers === undefined && 'has no effect without http.peers',
  },
  {
    keys: ['http.peers_ssl_cafile', 'http.peers'],
    check: ({ http: { peers = [], peers_ssl_cafile: file } }) =>
      file !== undefined &&
      !peers.some((url) => url.startsWith('https:')) &&
      'has no effect without an https:// address in http.peers',
  },
];
