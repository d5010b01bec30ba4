/**
 * Fingerprints of each migration's steps up, by engine, as ledgers have them recorded. A migration that was released is
 * the same for ever, so a ledger that has these needs no look at the steps themselves. A test holds them against the
 * migrations; a new migration gets its line with its release, and until then its steps are compared one by one.
 */
export const RELEASED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '20160203130652': {
    sqlite: 'f3c97ebbf741c32a',
    mysql: '35341c1ba5dbf81b',
    mariadb: 'bc696c0f99a49fd8',
    postgresql: '9e2995fa2822688e',
  },
  '20180208122200': {
    sqlite: '3f35134f612f0333',
    mysql: '0bf3797e28bb8ea8',
    mariadb: '80f1b5e73b9a60f2',
    postgresql: 'b850f4ce7903f341',
  },
  '20200413063021': {
    sqlite: '34eb8a73b639d5f3',
    mysql: 'ef05349fb9a23f29',
    mariadb: '66b2e08f0a123a1e',
    postgresql: 'e4a08a3d10bddead',
  },
  '20200413150836': {
    sqlite: '69dcb44fa22be5ae',
    mysql: 'c4f13b4e736ddfa8',
    mariadb: '5b785c6d11c21b47',
    postgresql: '7985b462066f6022',
  },
  '20200520140330': {
    sqlite: 'bad6acb60bd5518a',
    mysql: '886d5caede75c6fa',
    mariadb: 'd56cb4b40a35088b',
    postgresql: 'c02ff0c3b757bc61',
  },
  '20200520140331': {
    sqlite: '145fc1603622b9df',
    mysql: 'c1e59dcfad9b3d69',
    mariadb: '5caf309e4f33cc5b',
    postgresql: '34094eccf85c8145',
  },
  '20200704143315': {
    sqlite: 'e11db888fb194e48',
    mysql: 'e5cbb721560b1e71',
    mariadb: '031d4908e60bda95',
    postgresql: '9cf0a18cfbf32038',
  },
  '20221012185432': {
    sqlite: '51847ffd682dcc6b',
    mysql: 'e159aca54059772c',
    mariadb: 'de0da3835e12cbb8',
    postgresql: '320de9093f128554',
  },
  '20221123091933': {
    sqlite: 'e026533357958427',
    mysql: '3991b4558b2bc9f5',
    mariadb: '68a3c2cb25d0df06',
    postgresql: 'cba44281df63890f',
  },
  '20221125095601': {
    sqlite: 'f4b6b305f764f26d',
    mysql: '5d0ebe3d353c1082',
    mariadb: '4ba5c7a3bb785e2a',
    postgresql: 'a5fa0ffe82e86ece',
  },
  '20241206150119': {
    sqlite: '2c4dd10b55780b68',
    mysql: '7e9eb83c8f5d19cf',
    mariadb: 'ef300da85131ac2d',
    postgresql: '687f50e15e1e2434',
  },
  '20241209204404': {
    sqlite: 'cd478db4e48afbfd',
    mysql: '57ba74721f80742f',
    mariadb: '2c7aaea77a1048a3',
    postgresql: '83a0b21839ee92c2',
  },
  '20251130113650': {
    sqlite: 'aeff2cb73c34fd44',
    mysql: '953c40a7da876a0f',
    mariadb: '8d1785fdafd04f43',
    postgresql: '1d43f93556c947b7',
  },
  '20261123120000': {
    sqlite: '0e16bfa2bb1c85a8',
    mysql: '3b6b03fe7d1041c4',
    mariadb: '39a63ff1fc8f4698',
    postgresql: '7a55eb211c13e8d1',
  },
  '20261125205814': {
    sqlite: '30434b3cc59625ca',
    mysql: 'abe1a2deba804bbb',
    mariadb: 'e4621bc71aea742a',
    postgresql: '6cb34691d05b5891',
  },
  '20261126213000': {
    sqlite: 'a27a1bc24fb301ef',
    mysql: 'd2fb5c613638a308',
    mariadb: '82b74285ec4d8205',
    postgresql: 'c61cf9dafcb3a7bc',
  },
  '20261126214500': {
    sqlite: 'dcfd7bbb09b163d4',
    mysql: '13a5992985154ba4',
    mariadb: '13a5992985154ba4',
    postgresql: '13a5992985154ba4',
  },
  '20261127053500': {
    sqlite: '5a7de25be80f81ba',
    mysql: 'de450eb18beb7ab9',
    mariadb: '5974d0234edb8554',
    postgresql: '8e1dc852a62893f1',
  },
};
