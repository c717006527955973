// The least that a waiting process of an interpreter can be: it has a timer and nothing else.
setInterval(() => {}, 2 ** 30);
