# What Locust does in bench:http: each user asks again as soon as it is answered, by Locust's faster client.
from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        self.client.get("/", name="GET /")
