"""Calls by the official SDKs, as programs make them.

    calls.py SDK SCENARIO URL TOKEN

prints what came of it as one line of JSON. `SDK` is `openai` or `anthropic`; scenarios are the functions below.
"""

import asyncio
import json
import sys

import anthropic
import openai

MESSAGES = [{"role": "user", "content": "Hello there"}]
SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
LIMIT = 100


def script(text):
    """How the provider is to answer."""
    return {"extra_headers": {"x-provider": text}}


def raised(call):
    """What a call raises."""
    try:
        call()
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        headers = error.response.headers
        return {
            "kinds": kinds,
            "status": error.status_code,
            "message": str(error),
            "body": error.body,
            "should_retry": headers.get("x-should-retry"),
            "retry_after": headers.get("retry-after"),
            "remaining": headers.get("x-ratelimit-remaining-tokens"),
        }
    return {"kinds": []}


class OpenAI:
    """Chat completions."""

    def __init__(self, url, token):
        self.options = {"base_url": f"{url}/v1", "api_key": token, "timeout": 60}
        self.client = openai.OpenAI(**self.options)
        self.call = {"model": "large", "messages": MESSAGES, "max_tokens": LIMIT}
        self.tool = {"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}}

    def create(self, text="", **more):
        return self.client.chat.completions.create(**(self.call | more | script(text)))

    def plain(self):
        answer = self.create("words=9")
        return {"text": answer.choices[0].message.content, "output": answer.usage.completion_tokens}

    def streaming(self):
        chunks = list(self.create("words=9", stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        return {"text": text, "ends": chunks[-1].choices[0].finish_reason, "told": any(chunk.usage for chunk in chunks)}

    def streaming_with_usage(self):
        chunks = list(self.create("words=9", stream=True, stream_options={"include_usage": True}))
        return {"output": chunks[-1].usage.completion_tokens, "choices": len(chunks[-1].choices)}

    def tools(self):
        first = self.create("words=3", tools=[self.tool]).choices[0].message
        call = first.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "content": "found"}
        second = self.create("words=4", tools=[self.tool], messages=[*MESSAGES, first.model_dump(exclude_none=True), result])
        return {"asked": json.loads(call.function.arguments)["query"], "text": second.choices[0].message.content}

    def streaming_tools(self):
        chunks = list(self.create("words=3", tools=[self.tool], stream=True))
        calls = [call for chunk in chunks if chunk.choices for call in chunk.choices[0].delta.tool_calls or []]
        arguments = "".join(call.function.arguments or "" for call in calls)
        return {"name": calls[0].function.name, "asked": json.loads(arguments)["query"]}

    def retries(self):
        return {"text": self.create("status=503 attempts=2 words=2").choices[0].message.content}

    def no_retries(self):
        return raised(lambda: self.create("status=503"))

    def cancelled(self):
        with self.create("words=2000 pause=5", stream=True) as stream:
            texts = [chunk.choices[0].delta.content for chunk, _ in zip(stream, range(10))]
        return {"chunks": len(texts)}

    def refused(self):
        return raised(lambda: self.create())

    def refused_stream(self):
        return raised(lambda: list(self.create(stream=True)))

    def at_once(self):
        async def one(client, number):
            text = f"words={number} pause=1"
            answer = await client.chat.completions.create(**(self.call | script(text)), stream=number % 2 == 0)
            if number % 2:
                return answer.choices[0].message.content
            return "".join([chunk.choices[0].delta.content or "" async for chunk in answer])

        async def all_of_them():
            async with openai.AsyncOpenAI(**self.options) as client:
                return await asyncio.gather(*(one(client, number) for number in range(1, 21)))

        return {"words": [text.count("word ") for text in asyncio.run(all_of_them())]}


class Anthropic:
    """Messages."""

    def __init__(self, url, token):
        self.options = {"base_url": url, "auth_token": token, "timeout": 60}
        self.client = anthropic.Anthropic(**self.options)
        self.call = {"model": "claude", "messages": MESSAGES, "max_tokens": LIMIT}
        self.tool = {"name": "look_up", "input_schema": SCHEMA}

    def create(self, text="", **more):
        return self.client.messages.create(**(self.call | more | script(text)))

    def plain(self):
        answer = self.create("words=9")
        return {"text": answer.content[0].text, "output": answer.usage.output_tokens}

    def streaming(self):
        with self.client.messages.stream(**(self.call | script("words=9"))) as stream:
            text = "".join(stream.text_stream)
            whole = stream.get_final_message()
        return {"text": text, "ends": whole.stop_reason, "output": whole.usage.output_tokens}

    def streaming_with_usage(self):
        events = list(self.create("words=9", stream=True))
        usage = [event.usage.output_tokens for event in events if event.type == "message_delta"]
        return {"output": usage[-1], "choices": 0}

    def tools(self):
        first = self.create("words=3", tools=[self.tool])
        call = first.content[0]
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "found"}
        messages = [
            *MESSAGES,
            {"role": "assistant", "content": [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}]},
            {"role": "user", "content": [result]},
        ]
        second = self.create("words=4", tools=[self.tool], messages=messages)
        return {"asked": call.input["query"], "text": second.content[0].text}

    def streaming_tools(self):
        with self.client.messages.stream(**(self.call | script("words=3")), tools=[self.tool]) as stream:
            call = stream.get_final_message().content[0]
        return {"name": call.name, "asked": call.input["query"]}

    def retries(self):
        return {"text": self.create("status=529 attempts=2 words=2").content[0].text}

    def no_retries(self):
        return raised(lambda: self.create("status=529"))

    def cancelled(self):
        with self.client.messages.stream(**(self.call | script("words=2000 pause=5"))) as stream:
            texts = [text for text, _ in zip(stream.text_stream, range(10))]
        return {"chunks": len(texts)}

    def refused(self):
        return raised(lambda: self.create())

    def refused_stream(self):
        return raised(lambda: list(self.create(stream=True)))

    def at_once(self):
        async def one(client, number):
            options = self.call | script(f"words={number} pause=1")
            if number % 2:
                return (await client.messages.create(**options)).content[0].text
            async with client.messages.stream(**options) as stream:
                return await stream.get_final_text()

        async def all_of_them():
            async with anthropic.AsyncAnthropic(**self.options) as client:
                return await asyncio.gather(*(one(client, number) for number in range(1, 21)))

        return {"words": [text.count("word ") for text in asyncio.run(all_of_them())]}


def main():
    sdk, scenario, url, token = sys.argv[1:]
    calls = {"openai": OpenAI, "anthropic": Anthropic}[sdk](url, token)
    print(json.dumps(getattr(calls, scenario)()))


if __name__ == "__main__":
    main()
