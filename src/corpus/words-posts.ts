import { list } from './words.ts';

/** What short posts are dressed with, by mood. */
export const emoji = {
  positive: list('😍, 😂, ❤️, 😊, 🔥, 👍, 🎉, 🥰, 😁, 💯, 🙌, 👏, 🤩, 😎, ✨, 💕, 🥳, 😭❤️, 🙏, 💪'),
  negative: list('😡, 😭, 🙄, 😤, 👎, 💔, 😞, 🤦, 😒, 🤮, 😠, 😩, 🤬, 😢, 💀, 😑, 🥱, 😫'),
  neutral: list('🤔, 😅, 👀, 🤷, 📷, 😐, 🎬, ☕, 📚, 🎧, 📱, ✈️, 🍕, 🎮'),
} as const;

export const hashtags = {
  positive: list(`
    #love, #happy, #blessed, #recommended, #bestdayever, #amazing, #win, #favourite, #mustsee, #grateful,
    #yum`),
  negative: list(`
    #fail, #disappointed, #badservice, #neveragain, #overrated, #avoid, #help, #worstever, #smh, #refund,
    #sad`),
  neutral: list(`
    #monday, #review, #weekend, #nowwatching, #news, #movies, #books, #travel, #tech, #music, #food,
    #random, #tv, #gaming, #update, #photography, #mondaymorning, #throwback, #fridayfeeling, #london,
    #newyork, #question`),
} as const;

export const openers = {
  positive: list(`
    omg, wow, yay, so happy, yes, finally, okay but, ngl, honestly, not gonna lie, guys, just saying, aww,
    woohoo`),
  negative: list(
    'ugh, seriously, nope, sigh, great, oh come on, honestly, why, not again, yikes, smh, dear god',
  ),
  neutral: list(`
    so, ok, hmm, btw, fyi, well, anyway, update, just, apparently, today, question, tbh, huh, fun fact`),
} as const;

export const closers = {
  positive: list(`
    lol, haha, love it, so good, 10/10, go see it, can't wait, best day ever, thank you, take my money,
    no notes`),
  negative: list(`
    smh, never again, lol, what a joke, i'm done, do better, so mad rn, 0/10, i want my money back,
    unbelievable, why tho`),
  neutral: list(`
    idk, anyone else, thoughts, just saying, we'll see, lol, i guess, is it just me, more later,
    asking for a friend`),
} as const;

/** Everyday shortenings, applied to some posts. */
export const shortenings: ReadonlyMap<string, string> = new Map([
  ['you', 'u'],
  ['are', 'r'],
  ['because', 'cuz'],
  ['really', 'rly'],
  ['with', 'w/'],
  ['to be honest', 'tbh'],
  ['people', 'ppl'],
  ['please', 'pls'],
  ['going to', 'gonna'],
  ['want to', 'wanna'],
  ['very', 'v'],
  ['though', 'tho'],
  ['tonight', '2nite'],
  ["I don't know", 'idk'],
  ['before', 'b4'],
  ['for', '4'],
  ['I have', 'ive'],
  ["it's", 'its'],
  ["don't", 'dont'],
]);

export const handleParts = list(`
the, real, mr, ms, dr, just, not, its, hey, official, daily, super, tiny, lazy, happy, mad, cool, sunny,
pixel, coffee, cat, dog, book, film, game, music, travel, food, tech, art, moon, star, river, fox, bear,
wolf, panda, tiger, ninja, nerd, fan, girl, boy, mum, dad, chef, geek, guru, queen, king, rider, runner,
writer, reader, gamer, dreamer`);
