/** Posts to an incoming webhook, or with `token` to a method of Slack's API. */
async function main(params) {
  if (params.text === undefined && params.attachments === undefined) {
    return { error: "No text provided" };
  }
  if (params.url === undefined) return { error: "No Webhook URL provided" };
  const message = messageOf(params);
  // The API takes the members as they are, a webhook wants them as JSON in one of its own.
  const form = params.token
    ? { ...message, token: params.token }
    : { payload: JSON.stringify(message) };
  const answer = await fetch(params.url, { method: "POST", body: new URLSearchParams(form) });
  await answer.arrayBuffer();
  console.log(`sent, answered with status ${answer.status}`);
  return {};
}

function messageOf({ channel, username, icon_emoji, as_user, text, attachments }) {
  return {
    ...(channel === undefined ? {} : { channel }),
    username: username || "Simple Message Bot",
    ...(icon_emoji ? { icon_emoji } : {}),
    ...(as_user === true ? { as_user } : {}),
    ...(text ? { text } : {}),
    ...(attachments ? { attachments: JSON.stringify(attachments) } : {}),
  };
}
