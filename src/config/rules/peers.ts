import type { Rule } from './rule.ts';

/** Where the other processes of the group are asked how they are. */
export const peerRules: readonly Rule[] = [
  {
    keys: ['http.peers'],
    check: ({ http: { peers = [] } }) => {
      const wrong = peers.findIndex((url) => !URL.canParse(url));
      return wrong !== -1 && `entry ${wrong + 1} is no address; write it like http://10.0.0.7:8000`;
    },
  },
  {
    keys: ['http.peers_token', 'http.peers'],
    check: ({ http: { peers, peers_token: token } }) =>
      token !== undefined && peers === undefined && 'peers_token has no effect without http.peers',
  },
  {
    keys: ['http.peers_ssl_cafile', 'http.peers'],
    check: ({ http: { peers = [], peers_ssl_cafile: file } }) =>
      file !== undefined &&
      !peers.some((url) => url.startsWith('https:')) &&
      'peers_ssl_cafile has no effect without an https:// address in http.peers',
  },
];
